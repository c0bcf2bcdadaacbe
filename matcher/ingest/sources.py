"""From a path to raw tables: tell the format by content, walk folders, read standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from matcher.errors import InputError
from matcher.ingest.delimited import read_delimited
from matcher.ingest.excel import read_excel
from matcher.ingest.headers import Names
from matcher.ingest.jsonl import read_jsonl
from matcher.ingest.limits import MAX_FILE_BYTES, MAX_FILES, check_size, corrupt
from matcher.ingest.tables import Raw, note
from matcher.ingest.word import read_word

STANDARD_INPUT = "-"
_DELIMITED = frozenset({".csv", ".tsv", ".txt"})
_JSON = frozenset({".jsonl", ".json", ".ndjson"})
_SUPPORTED = ".xlsx, .csv, .tsv, .jsonl, .json, .docx"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: A folder in the BEIR layout holds both; needs are its queries, capabilities its corpus.
_BEIR = {"need": "queries.jsonl", "capability": "corpus.jsonl"}


def read_source(path: Path | str, names: Names) -> Raw:
    """Read a file, a folder or standard input (``-``) into raw tables.

    Raises InputError for a path that does not exist, an unsupported or damaged file, or a folder
    without any readable file.
    """
    if str(path) == STANDARD_INPUT:
        return _standard_input(names)
    path = Path(path)
    if path.is_dir():
        return _folder(path, names)
    raw = Raw(path.name)
    _file(path, raw, names)
    return raw


def _standard_input(names: Names) -> Raw:
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    check_size(len(data), STANDARD_INPUT)
    raw = Raw(STANDARD_INPUT)
    if data.startswith((_ZIP, _OLE)):
        raise InputError(
            "标准输入只接受 CSV 或 JSONL 文本；Excel 和 Word 文件请直接给出文件名。",
            "Standard input takes CSV or JSONL text only: name an Excel or Word file instead.",
        )
    is_json = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    if is_json:
        read_jsonl(data, STANDARD_INPUT, raw)
    else:
        read_delimited(data, STANDARD_INPUT, raw, names)
    return raw


def _folder(path: Path, names: Names) -> Raw:
    if all((path / name).is_file() for name in _BEIR.values()):
        raw = Raw(path.name)
        _file(path / _BEIR[names.record], raw, names)
        return raw
    # Names that begin so are locks and leavings of office programs.
    files = sorted(
        file for file in path.iterdir() if file.is_file() and not file.name.startswith((".", "~$"))
    )
    if len(files) > MAX_FILES:
        raise InputError(
            f"文件夹 {path.name} 中的文件超过 {MAX_FILES} 个，请分成几个文件夹。",
            f"The folder {path.name} holds more than {MAX_FILES} files: split it.",
        )
    raw = Raw(path.name)
    first: InputError | None = None
    for file in files:
        try:
            _file(file, raw, names)
        except InputError as error:
            first = first or error
            raw.warnings.append(note(file.name, error.zh, error.en))
    if not raw.tables:
        raise first or InputError(
            f"文件夹 {path.name} 中没有可读取的文件；支持的格式：{_SUPPORTED}。",
            f"The folder {path.name} holds no file that can be read; supported: {_SUPPORTED}.",
        )
    return raw


def _file(path: Path, raw: Raw, names: Names) -> None:
    name = path.name
    if path.exists() and not path.is_file():
        raise _unsupported(name)
    try:
        size = path.stat().st_size
        check_size(size, name)
        with path.open("rb") as file:
            head = file.read(8)
            kind = _format(path, head)
            data = head + file.read(MAX_FILE_BYTES) if kind in ("json", "delimited") else b""
    except FileNotFoundError:
        raise InputError(
            f"找不到文件 {name}，请检查路径和文件名。",
            f"The file {name} does not exist: check its path and name.",
        ) from None
    except OSError as error:
        raise InputError(
            f"无法打开文件 {name}，请关闭正在使用它的程序，并检查读取权限。",
            f"The file {name} cannot be opened: close other programs that use it and check that "
            "it may be read.",
        ) from error
    if kind == "excel":
        read_excel(path, name, raw)
    elif kind == "word":
        read_word(path, name, raw, names)
    elif kind == "json":
        read_jsonl(data, name, raw)
    else:
        read_delimited(data, name, raw, names)


def _format(path: Path, head: bytes) -> str:
    name, suffix = path.name, path.suffix.lower()
    if head.startswith(_OLE):
        raise InputError(
            f"文件 {name} 设有密码，或是旧版 Office 格式；"
            "请取消密码，并用 Excel 或 Word 另存为 .xlsx 或 .docx。",
            f"The file {name} is protected by a password or of an old Office format: remove the "
            "password and save it as .xlsx or .docx.",
        )
    if head.startswith(b"PK"):
        return _zip_format(path)
    if suffix in (".xlsx", ".xlsm", ".docx"):
        if not head:
            raise InputError(
                f"文件 {name} 是空的，请检查是否选错了文件或没有保存。",
                f"The file {name} is empty: check that it is the right file and was saved.",
            )
        raise corrupt(name)
    if suffix in _JSON:
        return "json"
    if suffix in _DELIMITED:
        return "delimited"
    raise _unsupported(name)


def _zip_format(path: Path) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except Exception as error:  # zipfile raises several unrelated classes for damaged files
        raise corrupt(path.name) from error
    if "xl/workbook.xml" in members:
        return "excel"
    if "word/document.xml" in members:
        return "word"
    raise _unsupported(path.name)


def _unsupported(name: str) -> InputError:
    return InputError(
        f"不支持文件 {name} 的格式；请另存为 .xlsx 或 .docx。支持的格式：{_SUPPORTED}。",
        f"The format of the file {name} is not supported: save it as .xlsx or .docx. "
        f"Supported: {_SUPPORTED}.",
    )
