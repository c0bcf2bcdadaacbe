"""What a file may cost: sizes, rows and zip archives are checked before anything is parsed."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from matcher.errors import InputError

MEGABYTE = 1 << 20
MAX_FILE_BYTES = 100 * MEGABYTE
MAX_UNPACKED_BYTES = 500 * MEGABYTE
MAX_MEMBERS = 10_000
MAX_RATIO = 200
#: Below this size a member may be packed as tightly as it likes: it cannot hurt.
RATIO_FLOOR_BYTES = 10 * MEGABYTE
MAX_ROWS = 200_000
#: The last row that a worksheet can have.
MAX_ROW_NUMBER = 1_048_576
MAX_COLUMNS = 256
MAX_RECORD_CHARACTERS = 200_000
MAX_ID_CHARACTERS = 200
MAX_KEYWORDS = 20
MAX_FILES = 1_000

# Office formats forbid document type declarations; they are how entity bombs are made. Text
# cannot hold these bytes by accident because "<" is escaped in it.
_DOCTYPE = re.compile(
    b"|".join(
        re.escape(word.encode(encoding))
        for word in ("<!DOCTYPE", "<!ENTITY")
        for encoding in ("ascii", "utf-16-le", "utf-16-be")
    )
)


def check_size(size: int, name: str) -> None:
    """Refuse a file of more than ``MAX_FILE_BYTES`` bytes.

    Raises InputError.
    """
    if size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // MEGABYTE
        raise InputError(
            f"文件 {name} 超过 {limit} MB，请删除图片和无关的工作表，或拆成几个文件。",
            f"The file {name} is larger than {limit} MB: remove pictures and unrelated sheets, "
            "or split it into several files.",
        )


def check_rows(count: int, name: str) -> None:
    """Refuse a table of more than ``MAX_ROWS`` rows.

    Raises InputError.
    """
    if count > MAX_ROWS:
        raise InputError(
            f"文件 {name} 超过 {MAX_ROWS} 行，请拆成几个文件后分别读取。",
            f"The file {name} has more than {MAX_ROWS} rows: split it into several files.",
        )


def corrupt(name: str) -> InputError:
    """Return the error for a file that its own format's reader cannot open."""
    return InputError(
        f"文件 {name} 已损坏或不是完整的文件，请用 Excel、WPS 或 Word 打开后另存一份再试。",
        f"The file {name} is damaged or incomplete: open it in Excel, WPS or Word, save a copy "
        "and try again.",
    )


def check_zip(path: Path, name: str) -> None:
    """Refuse an office file that would unpack to something dangerous.

    Checks the number of members, the unpacked size in bytes, the packing ratio of each large
    member and the absence of document type declarations. Raises InputError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), name)
            for member in archive.infolist():
                if member.filename.lower().endswith((".xml", ".rels")):
                    _check_markup(archive, member, name)
    except InputError:
        raise
    except Exception as e:  # BadZipFile, zlib.error and friends have no common parent
        raise corrupt(name) from e


def _check_members(members: list[zipfile.ZipInfo], name: str) -> None:
    bomb = (
        len(members) > MAX_MEMBERS
        or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES
        or any(
            member.file_size > RATIO_FLOOR_BYTES
            and member.file_size > MAX_RATIO * max(member.compress_size, 1)
            for member in members
        )
    )
    if bomb:
        raise InputError(
            f"文件 {name} 解压后异常庞大，为安全起见没有打开；"
            "请新建一个文件，只复制需要的行后再试。",
            f"The file {name} unpacks to an abnormal size and was not opened, for safety: copy "
            "only the rows that are needed into a new file and try again.",
        )


def _check_markup(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    tail = b""
    with archive.open(member) as file:
        while chunk := file.read(MEGABYTE):
            if _DOCTYPE.search(tail + chunk):
                raise InputError(
                    f"文件 {name} 含有不允许的 XML 声明，为安全起见没有打开；"
                    "请用 Excel、WPS 或 Word 另存一份再试。",
                    f"The file {name} holds an XML declaration that is not allowed and was not "
                    "opened, for safety: save a copy in Excel, WPS or Word and try again.",
                )
            tail = chunk[-32:]
