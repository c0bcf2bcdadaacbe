"""Labels, synonyms and terms that an office changed, kept in its database and laid over the tables.

Each changed term is a setting of its own, ``term:TABLE:CODE``, and holds only what differs: a new
version of the package brings its own words everywhere else.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store.audit import log
from matcher.store.columns import holds, utcnow
from matcher.store.desk import store_setting
from matcher.store.errors import EditConflict
from matcher.store.models import (
    Capability,
    Decision,
    Need,
    SavedSearch,
    Snapshot,
    StoredSetting,
    User,
)
from matcher.taxonomy import Term

#: What an office may call otherwise; every other table holds words that the program itself needs.
EDITABLE = (
    "fields", "trl", "need_kinds", "capability_kinds", "organisation_kinds", "sizes",
    "cooperation_modes", "ip_status", "need_status", "capability_status", "stages",
    "decline_reasons", "roles",
)  # fmt: skip
#: Where an office may add terms: nothing in the program depends on a particular one.
EXTENSIBLE = ("fields", "decline_reasons")
#: Labels that were not checked against their source.
UNVERIFIED = ("trl",)
_PREFIX = "term:"
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LONGEST, _MOST = 60, 200


def stored_changes(session: Session) -> taxonomy.Changes:
    """Return what this database lays over the tables."""
    found: dict[str, dict[str, Any]] = {}
    rows = select(StoredSetting).where(StoredSetting.key.startswith(_PREFIX))
    for row in session.scalars(rows.order_by(StoredSetting.key)):
        _, table, code = row.key.split(":", 2)
        if table in EDITABLE:
            found.setdefault(table, {})[code] = row.value
    return found


def change_term(
    session: Session, user: User | None, table: str, code: str, zh: str, en: str,
    synonyms: tuple[str, ...], shown: str,
) -> None:  # fmt: skip
    """Change labels and synonyms of a term.

    ``shown`` is the ``stamp`` of the term as the editor saw it. Raises InputError for words that
    are empty, too long or another term's, EditConflict where somebody changed the term in between.
    """
    now = _present(session, table)
    if code not in now:
        raise _no_such(table)
    if stamp(now[code]) != shown:
        row = session.get(StoredSetting, _key(table, code))
        raise EditConflict(now[code].zh, now[code], 0, "", row.updated_at if row else utcnow())
    term = _checked(now, Term(code, zh, en, synonyms))
    default = taxonomy.packaged(table).get(code, Term(code, "", ""))
    new = {"zh": term.zh, "en": term.en, "synonyms": list(term.synonyms)}
    old = {"zh": default.zh, "en": default.en, "synonyms": list(default.synonyms)}
    changed = {name: value for name, value in new.items() if value != old[name]}
    if changed:
        store_setting(session, _key(table, code), changed)
    else:
        session.execute(delete(StoredSetting).where(StoredSetting.key == _key(table, code)))
    log(session, user, "term.change", table=table, term=code)


def add_term(
    session: Session, user: User | None, table: str, code: str, zh: str, en: str,
    synonyms: tuple[str, ...],
) -> None:  # fmt: skip
    """Add a term of the office's own; raises InputError as ``change_term`` does."""
    now = _present(session, table)
    if table not in EXTENSIBLE or _CODE.fullmatch(code) is None:
        raise InputError(
            "代码由小写英文字母、数字和下划线组成，以字母开头，2 到 40 个字符。",
            "A code has 2 to 40 small Latin letters, digits and underscores, a letter first.",
        )
    if code in now:
        raise InputError(
            f"代码 {code} 已存在，请换一个。", f"The code {code} is taken: choose another one."
        )
    term = _checked(now, Term(code, zh, en, synonyms))
    content = {"zh": term.zh, "en": term.en, "synonyms": list(term.synonyms)}
    store_setting(session, _key(table, code), content)
    log(session, user, "term.add", table=table, term=code)


def reset_term(session: Session, user: User | None, table: str, code: str) -> None:
    """Go back to the package's words; a term of the office's own goes, unless it is in use."""
    if code not in taxonomy.packaged(table) and (count := uses(session, table, code)):
        raise InputError(
            f"有 {count} 条记录、匹配结果或保存的检索使用这一项，不能删除；可以改名。",
            f"{count} records, kept results or saved searches use this term: it can be renamed and "
            "not removed.",
        )
    key = StoredSetting.key == _key(table, code)
    if session.scalar(delete(StoredSetting).where(key).returning(StoredSetting.key)) is None:
        raise _no_such(table)
    log(session, user, "term.reset", table=table, term=code)


def stamp(term: Term) -> str:
    """Return what tells one state of a term from another."""
    return hashlib.sha256("\n".join(term.names).encode()).hexdigest()[:16]


def uses(session: Session, table: str, code: str) -> int:
    """Return how many records, kept results and saved searches have a term of one's own."""
    if table == "decline_reasons":
        query = select(func.count()).select_from(Decision).where(Decision.reason == code)
        return session.scalar(query) or 0
    # What a run saw and what somebody saved have to stay readable too.
    places = (
        (Need.id, Need.fields), (Capability.id, Capability.fields),
        (Snapshot.id, Snapshot.content["fields"]),
        (SavedSearch.id, SavedSearch.query["record"]["fields"]),
    )  # fmt: skip
    return sum(
        session.scalar(select(func.count(number)).where(holds(fields, code))) or 0
        for number, fields in places
    )


def _present(session: Session, table: str) -> dict[str, Term]:
    """Return the terms as this transaction sees them: another process may have changed some."""
    if table not in EDITABLE:
        raise _no_such(table)
    taxonomy.set_changes(stored_changes(session))
    return dict(taxonomy.terms(table))


def _checked(now: dict[str, Term], term: Term) -> Term:
    zh, en = (" ".join(text.split()) for text in (term.zh, term.en))
    synonyms = tuple(dict.fromkeys(" ".join(item.split()) for item in term.synonyms))
    synonyms = tuple(item for item in synonyms if taxonomy.fold(item))
    if not taxonomy.fold(zh) or not taxonomy.fold(en):
        raise InputError(
            "请填写中文和英文名称。", "Give the name in Chinese and in English."
        )  # fmt: skip
    if max(map(len, (zh, en, *synonyms))) > _LONGEST or len(synonyms) > _MOST:
        raise InputError(
            f"名称和同义词各不超过 {_LONGEST} 个字，同义词不超过 {_MOST} 个。",
            f"A name or synonym has at most {_LONGEST} characters, and a term {_MOST} synonyms.",
        )
    if any("|" in item for item in (zh, en, *synonyms)):
        raise InputError("名称中不能有“|”。", "A name cannot contain “|”.")
    before = now[term.code].names if term.code in now else ()
    for other in now.values():
        if other.code == term.code:
            continue
        names = {taxonomy.fold(name) for name in (other.code, other.zh, other.en)}
        for item in (zh, en, *synonyms):
            if taxonomy.fold(item) in names and item not in before:
                raise InputError(
                    f"“{item}”已是“{other.zh}”的名称，会混淆，请换一个。",
                    f"“{item}” is the name of “{other.en}” already: choose another one.",
                )
    return Term(term.code, zh, en, synonyms)


def _key(table: str, code: str) -> str:
    return f"{_PREFIX}{table}:{code}"


def _no_such(table: str) -> InputError:
    return InputError(
        f"分类表 {table} 中没有这一项，或不能在此修改。",
        f"The table {table} has no such term, or it cannot be changed here.",
    )
