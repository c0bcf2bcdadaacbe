"""One need, or one capability, out of an uploaded file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from werkzeug.datastructures import FileStorage

from matcher.encode.base import Role
from matcher.errors import InputError
from matcher.ingest.limits import check_zip
from matcher.records import Capability, Need, Offer
from web.home.forms import MAX_CHARACTERS
from web.uploads import TABLES, read_upload, safe_name

TYPES = (".txt", ".md", *TABLES)


def one_record(upload: FileStorage, role: Role) -> Offer | str:
    """Return what the file asks for: a record where it has fields, else its plain text.

    Nothing of the file is kept. Raises InputError for a type that is not read, a file that cannot
    be read, an empty one, and one with several records.
    """
    name = safe_name(upload, TYPES)
    with tempfile.TemporaryDirectory(prefix="alleymatch-") as folder:
        path = Path(folder) / name
        suffix = path.suffix
        upload.save(path)
        if suffix in (".txt", ".md"):
            return _text(path)
        return _record(path, Capability if role == "capability" else Need, suffix)


def _record(path: Path, model: type[Need] | type[Capability], suffix: str) -> Offer | str:
    try:
        found: tuple[Offer, ...] = read_upload(path, model).records
    except InputError:
        # A letter in Word has no headings to know a field by.
        text = _paragraphs(path) if suffix == ".docx" else ""
        if not text:
            raise
        return text
    if len(found) > 1:
        raise InputError(
            f"文件里有 {len(found)} 条记录。这里一次查找一条；整个文件请用“批量匹配”。",
            f"The file holds {len(found)} records. This page takes one; a whole file is for the "
            "batch page.",
        )
    if not found:
        raise InputError(
            "文件里没有可以读取的记录，请检查表头和内容。",
            "The file holds no record that can be read: check its headings and rows.",
        )
    record = found[0]
    if suffix == ".docx":
        text = _paragraphs(path)
        letter = text.split() == " ".join(part for _, part in record.passages).split()
        if letter and len(text) <= MAX_CHARACTERS:
            # Without headings it is what people paste: shown in the box, to be corrected there.
            return text
    # Only its sender sees it, so nobody has to be kept from finding it.
    return record.model_copy(update={"confidentiality": "public"})


def _text(path: Path) -> str:
    from charset_normalizer import from_bytes

    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(content).best()
        if best is None:
            raise InputError(
                "认不出文本文件的编码，请另存为 UTF-8 后再试。",
                "The encoding of the text file is not known: save it as UTF-8 and try again.",
            ) from None
        return str(best)


def _paragraphs(path: Path) -> str:
    from docx import Document

    try:
        # Why it was not read may be that it is dangerous to unpack.
        check_zip(path, path.name)
        document = Document(str(path))
    except Exception:
        return ""
    return "\n".join(p.text.strip() for p in document.paragraphs if p.text.strip())
