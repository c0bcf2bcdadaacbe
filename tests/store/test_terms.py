"""An office's own words: kept in the database, laid over the tables, refused where they confuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from store_fixtures import need, user

from matcher import taxonomy
from matcher.errors import InputError
from matcher.store import EditConflict, Store, open_store
from matcher.store.editing import create
from matcher.store.models import AuditEntry, Snapshot
from matcher.store.searches import save_search
from matcher.store.terms import (
    add_term,
    change_term,
    reset_term,
    stamp,
    stored_changes,
    uses,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _packaged_again() -> Iterator[None]:
    yield
    taxonomy.set_changes({})


def change(store: Store, table: str, code: str, zh: str, en: str, *synonyms: str) -> None:
    with store.writing() as session:
        shown = stamp(taxonomy.terms(table)[code])
        change_term(session, None, table, code, zh, en, synonyms, shown)
    with store.reading() as session:
        taxonomy.set_changes(stored_changes(session))


def test_a_new_name_holds_everywhere_and_survives_a_restart(store: Store, url: str) -> None:
    change(store, "trl", "4", "实验室环境验证（按标准）", "Validated in the laboratory", "小试")
    assert taxonomy.label_of("trl", "4") == "实验室环境验证（按标准）"
    assert taxonomy.code_of("trl", "实验室环境验证（按标准）") == "4"
    taxonomy.set_changes({})
    open_store(url).close()
    assert taxonomy.label_of("trl", "4") == "实验室环境验证（按标准）"
    with store.reading() as session:
        # What was not changed stays the package's, in a later version too.
        assert set(stored_changes(session)["trl"]["4"]) == {"zh", "synonyms"}
    with store.writing() as session:
        reset_term(session, None, "trl", "4")
    open_store(url).close()
    assert taxonomy.label_of("trl", "4") == "实验室环境验证"


def test_a_field_of_the_offices_own_is_a_field(store: Store) -> None:
    with store.writing() as session:
        names = ("深海装备", "Deep-sea equipment", ("载人深潜 ",))
        add_term(session, None, "fields", "deep_sea", *names)
    with store.writing() as session:
        taxonomy.set_changes(stored_changes(session))
        assert taxonomy.code_of("fields", "载人深潜") == "deep_sea"
        create(session, need(fields=("deep_sea",)), None)
        assert uses(session, "fields", "deep_sea") == 1
    with store.writing() as session, pytest.raises(InputError, match="1 records, kept results"):
        reset_term(session, None, "fields", "deep_sea")


def test_a_field_that_a_result_or_a_saved_search_has_stays(store: Store) -> None:
    with store.writing() as session:
        add_term(session, None, "fields", "deep_sea", "深海装备", "Deep-sea equipment", ())
    with store.writing() as session:
        taxonomy.set_changes(stored_changes(session))
        content = need(fields=("deep_sea",)).model_dump(mode="json")
        session.add(Snapshot(kind="need", code="N", digest="d", content=content))
        asking = user(session, "transfer_manager")
        for name, query in (("一", {"record": content}), ("二", {"text": "deep_sea"})):
            save_search(session, asking, name, "question", query)
        assert uses(session, "fields", "deep_sea") == 2
        assert uses(session, "fields", "deep") == 0
    with store.writing() as session, pytest.raises(InputError):
        reset_term(session, None, "fields", "deep_sea")


@pytest.mark.parametrize(
    ("zh", "en", "synonyms", "said"),
    [
        ("", "Name", (), "in English"),
        ("。", "Name", (), "in English"),
        ("新材料", "Name", (), "is the name of"),
        ("名称", "new materials", (), "is the name of"),
        ("名称", "Name", ("新材料",), "is the name of"),
        ("名" * 61, "Name", (), "at most 60"),
        ("名|称", "Name", (), "cannot contain"),
    ],
)
def test_words_that_confuse_are_refused(
    store: Store, zh: str, en: str, synonyms: tuple[str, ...], said: str
) -> None:
    shown = stamp(taxonomy.terms("fields")["textiles"])
    with store.writing() as session, pytest.raises(InputError) as refused:
        change_term(session, None, "fields", "textiles", zh, en, synonyms, shown)
    assert said in refused.value.en
    with store.reading() as session:
        assert stored_changes(session) == {}


@pytest.mark.parametrize("code", ["", "x", "Upper", "1st", "a b", "a:b", "textiles", "低空"])
def test_codes_that_cannot_be_are_refused(store: Store, code: str) -> None:
    with store.writing() as session, pytest.raises(InputError):
        add_term(session, None, "fields", code, "名称", "Name", ())
    with store.writing() as session, pytest.raises(InputError):
        add_term(session, None, "stages", "ninth", "第九", "Ninth", ())


def test_two_editors_of_one_term_do_not_overwrite_each_other(store: Store) -> None:
    seen = stamp(taxonomy.terms("fields")["textiles"])
    change(store, "fields", "textiles", "纺织一", "Textiles one")
    with store.writing() as session, pytest.raises(EditConflict):
        change_term(session, None, "fields", "textiles", "纺织二", "Textiles two", (), seen)


def test_a_change_is_in_the_log(store: Store) -> None:
    change(store, "fields", "textiles", "纺织", "Textiles")
    with store.reading() as session:
        entry = session.get_one(AuditEntry, 1)
        assert entry.action == "term.change"
        assert entry.details == {"table": "fields", "term": "textiles"}
