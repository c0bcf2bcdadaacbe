"""The field's closed lists and labels, read from the tables under ``data/taxonomy/``.

An office may have changed labels and synonyms, and added terms (``set_changes``): these are kept in
its database, so that a new version of the package does not lose them, and lie over the tables.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from matcher.errors import InputError


def data_path(*parts: str) -> Path:
    """Return a path inside the data folder: the wheel's own copy, or the checkout's ``data/``."""
    package = Path(__file__).parent
    packaged = package / "_data"
    root = packaged if packaged.is_dir() else package.parent / "data"
    return root.joinpath(*parts)


@dataclass(frozen=True)
class Term:
    """One value of a closed list, or one field of a record, with its labels and synonyms."""

    code: str
    zh: str
    en: str
    synonyms: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()

    def label(self, lang: str = "zh") -> str:
        """Return the label in ``lang`` (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh

    @property
    def names(self) -> tuple[str, ...]:
        """Every way to write this term: code, labels, synonyms."""
        return (self.code, self.zh, self.en, *self.synonyms)


def fold(name: str) -> str:
    """Fold width, case, spaces and punctuation so that two spellings of a name compare equal."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(ch for ch in text if ch.isalnum())


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _rows(name: str) -> list[dict[str, str]]:
    path = data_path("taxonomy", f"{name}.csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise InputError(
            f"找不到分类表 {name}.csv，请重新安装 alleymatch 或恢复 data/taxonomy 文件夹。",
            f"The table {name}.csv is missing: reinstall alleymatch or restore data/taxonomy.",
        ) from None


#: Table → code → what differs there: ``zh``, ``en``, ``synonyms``; a code that the table does not
#: have is a term of the office's own.
Changes = Mapping[str, Mapping[str, Mapping[str, Any]]]
_changes: Changes = MappingProxyType({})


def changes() -> Changes:
    """Return what lies over the tables now."""
    return _changes


def set_changes(new: Changes) -> None:
    """Lay an office's own labels, synonyms and terms over the tables, in place of earlier ones."""
    global _changes
    if new == _changes:
        return
    _changes = new
    for made in _made:
        made.cache_clear()


Made = TypeVar("Made", bound=Callable[..., Any])
_made: list[Any] = []


def made_from_terms(make: Made) -> Made:
    """Cache what a function returns until the terms change."""
    cached = cache(make)
    _made.append(cached)
    return cast(Made, cached)


def packaged(table: str) -> Mapping[str, Term]:
    """Return one closed list as the package brings it."""
    return MappingProxyType(
        {
            row["code"]: Term(
                row["code"],
                row["zh"],
                row["en"],
                _split(row.get("synonyms") or ""),
                _split(row.get("accepts") or ""),
            )
            for row in _rows(table)
        }
    )


@made_from_terms
def terms(table: str) -> Mapping[str, Term]:
    """Return one closed list, code → term, in the table's order."""
    found = dict(packaged(table))
    for code, changed in _changes.get(table, {}).items():
        term = found.get(code, Term(code, code, code))
        synonyms = tuple(changed.get("synonyms", term.synonyms))
        found[code] = Term(
            code, changed.get("zh", term.zh), changed.get("en", term.en), synonyms, term.accepts
        )
    return MappingProxyType(found)


@cache
def columns(record: str) -> Mapping[str, Term]:
    """Return the fields of a record (``organisation``, ``need``, ``capability``), field → term."""
    return MappingProxyType(
        {
            row["field"]: Term(
                row["field"], row["zh"], row["en"], _split(row.get("synonyms") or "")
            )
            for row in _rows("columns")
            if row["record"] == record
        }
    )


@made_from_terms
def _by_name(table: str) -> Mapping[str, str]:
    # Codes and labels win over synonyms, which several terms may share.
    found: dict[str, str] = {}
    for term in terms(table).values():
        for name in (term.code, term.zh, term.en):
            found.setdefault(fold(name), term.code)
    for term in terms(table).values():
        for name in term.synonyms:
            found.setdefault(fold(name), term.code)
    return MappingProxyType(found)


def code_of(table: str, name: str) -> str | None:
    """Return the code for a value written as code, label or synonym, or None if it is unknown."""
    return _by_name(table).get(fold(name))


def label_of(table: str, code: str, lang: str = "zh") -> str:
    """Return the label of a code, or the code itself where the table does not know it."""
    term = terms(table).get(code)
    return term.label(lang) if term else code
