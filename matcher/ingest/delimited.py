"""Read CSV and TSV: find the encoding and the delimiter, keep row numbers as Excel shows them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from matcher.errors import InputError
from matcher.ingest.headers import Names, find_header, recognised
from matcher.ingest.limits import MAX_COLUMNS, MAX_FILE_BYTES, check_rows
from matcher.ingest.tables import Raw, Row, Table, note
from matcher.results import Rejection

_BOMS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)  # fmt: skip
_DELIMITERS = ",;\t"
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 50
# Open to every encoding it takes short Chinese texts for Japanese ones.
_LAST_RESORTS = ["gb18030", "big5", "cp1252"]
_DAMAGED = "\ufffd"


def decode(data: bytes, name: str) -> str:
    """Return the text of a file in UTF-8, GB18030 or UTF-16, with or without a byte order mark.

    A UTF-8 file with a few damaged bytes keeps U+FFFD in their place. Raises InputError for an
    empty file and for an encoding that cannot be told.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise InputError(
            f"文件 {name} 是空的，请检查是否选错了文件或没有保存。",
            f"The file {name} is empty: check that it is the right file and that it was saved.",
        )
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if data.count(0) > len(data) // 10:
        return _utf16(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if 0 in data:
        return _utf16(data)
    damaged = data.decode("utf-8", errors="replace")
    foreign = sum(ch > "\x7f" for ch in damaged)
    if damaged.count(_DAMAGED) * 20 < foreign:
        return damaged
    return _legacy(data, name)


def _utf16(data: bytes) -> str:
    # A delimiter or line end is a byte pair with a zero; the other order makes rare characters.
    texts = [data.decode(encoding, errors="replace") for encoding in ("utf-16-le", "utf-16-be")]
    return max(texts, key=lambda text: sum(ch in ",;\t\n" for ch in text))


def _legacy(data: bytes, name: str) -> str:
    text = data.decode("gb18030", errors="replace")
    if text.count(_DAMAGED) * 20 > sum(ch > "\x7f" for ch in text):
        text = ""
    # Other eight-bit text also decodes as GB18030, but into characters that nobody writes.
    foreign = [ch for ch in text[:_SAMPLE_CHARACTERS] if ch > "\x7f"]
    common = sum(_is_gb2312(ch) for ch in foreign)
    if text and common * 10 >= len(foreign) * 8:
        return text
    from charset_normalizer import from_bytes

    if best := from_bytes(data[: 1 << 20], cp_isolation=_LAST_RESORTS).best():
        try:
            return data.decode(best.encoding)
        except UnicodeDecodeError:
            pass
    if text:
        return text
    raise InputError(
        f"无法判断文件 {name} 的文字编码，请用 Excel 打开后另存为“CSV UTF-8”或 .xlsx。",
        f"The encoding of the file {name} cannot be told: open it in Excel and save it as "
        "CSV UTF-8 or as .xlsx.",
    )


def _is_gb2312(ch: str) -> bool:
    try:
        return len(ch.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def read_delimited(data: bytes, name: str, raw: Raw, names: Names) -> None:
    """Add the one table of a CSV or TSV file to ``raw``.

    Raises InputError for an empty or undecodable file and for too many rows.
    """
    text = decode(data, name)
    offset, delimiter = 1, ""
    if match := re.match(r"sep=(.)\r?\n", text):  # Excel's own note on the delimiter
        offset, delimiter, text = 2, match[1], text[match.end() :]
    delimiter = delimiter or sniff_delimiter(text, names)
    # The limit is global and by default 128 KiB, too small for a need of several pages.
    csv.field_size_limit(MAX_FILE_BYTES)
    table = Table(name, "", [], ragged=True)
    widths: dict[int, int] = {}
    try:
        for number, values in enumerate(_reader(text, delimiter), offset):
            cells = {i: value for i, value in enumerate(values[:MAX_COLUMNS]) if value.strip()}
            if not cells:
                continue
            table.rows.append(Row(number, cells))
            widths[number] = len(values)
            check_rows(len(table.rows), name)
            if any(_DAMAGED in value for value in values):
                raw.warnings.append(_damaged(name, number))
    except csv.Error as error:
        raise InputError(
            f"文件 {name} 不是完整的表格，请用 Excel 打开后另存为 .xlsx 再试。",
            f"The file {name} is not a complete table: open it in Excel and save it as .xlsx.",
        ) from error
    if text.count('"') % 2 and table.rows and any("\n" in v for v in table.rows[-1].cells.values()):
        raw.warnings.append(_unclosed(name, table.rows[-1].number))
    raw.warnings += [_broken(name, number) for number in _torn(widths)]
    raw.tables.append(table)


def _torn(widths: Mapping[int, int]) -> Iterator[int]:
    """Yield the first of two rows that look like one which a line end in a cell tore apart.

    A row that only ends early is read as it is: its last cells are empty.
    """
    usual = Counter(widths.values()).most_common(1)[0][0] if widths else 0
    torn = 0
    for number, width in widths.items():
        before = widths.get(number - 1, usual)
        if torn != number - 1 and max(width, before) < usual and width + before == usual + 1:
            torn = number
            yield number - 1


def sniff_delimiter(text: str, names: Names) -> str:
    """Return the comma, semicolon or tab that shows the best header and splits rows most evenly."""
    sample = text[:_SAMPLE_CHARACTERS]

    def merit(delimiter: str) -> tuple[int, float, int]:
        table = Table("", "", [])
        widths = Counter[int]()
        for number, values in enumerate(islice(_reader(sample, delimiter), _SAMPLE_ROWS)):
            if any(values):
                widths[len(values)] += 1
                table.rows.append(Row(number, {i: v for i, v in enumerate(values) if v.strip()}))
        header = find_header(table, names)
        fields = len(recognised(header.columns)) if header else 0
        split = {width: count for width, count in widths.items() if width > 1}
        if not split:
            return fields, 0.0, 0
        width, count = max(split.items(), key=lambda item: (item[1], item[0]))
        return fields, count / widths.total(), width

    try:
        return max(_DELIMITERS, key=merit)
    except csv.Error:
        return ","


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    # newline="" keeps line ends inside quotes as they are.
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _damaged(name: str, row: int) -> Rejection:
    return note(
        name,
        "此行有损坏的字符，请对照原文件检查。",
        "This row holds damaged characters: check it against the original.",
        row=row,
    )


def _broken(name: str, row: int) -> Rejection:
    return note(
        name,
        "此行和下一行的格数都少于其他行，像是一个单元格里的换行把一行断成了两行；请检查这两行，"
        "含换行的内容要放在双引号里。",
        "This row and the next have fewer cells than the others, as if a line end inside a cell "
        "had torn one row apart: check both; a cell with a line end belongs in double quotes.",
        row=row,
    )


def _unclosed(name: str, row: int) -> Rejection:
    return note(
        name,
        "引号没有成对，此行之后的内容可能都被并入这一行，请检查双引号。",
        "A quotation mark is not closed and later rows may be part of this one: check the quotes.",
        row=row,
    )
