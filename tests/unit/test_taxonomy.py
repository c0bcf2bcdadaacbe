"""The closed lists are tables that a user may edit, so their own mistakes must be findable."""

from __future__ import annotations

from typing import get_args

import pytest

from matcher import taxonomy
from matcher.errors import InputError
from matcher.rank.fits import soft_fits
from matcher.records import Capability, Need, Organisation
from matcher.results import LegName

LISTS = sorted(
    path.stem
    for path in taxonomy.data_path("taxonomy").glob("*.csv")
    if path.read_text(encoding="utf-8-sig").startswith("code,")
)
RECORDS = {"need": Need, "capability": Capability, "organisation": Organisation}


@pytest.mark.parametrize("table", LISTS)
def test_every_term_has_a_code_of_its_own_and_a_label_in_both_languages(table: str) -> None:
    rows = taxonomy._rows(table)
    assert rows
    assert len(taxonomy.terms(table)) == len(rows)
    for term in taxonomy.terms(table).values():
        assert term.code == term.code.strip() != ""
        assert term.label("zh").strip()
        assert term.label("en").strip()


# Two words of a report may read the same; two values of a column may not.
@pytest.mark.parametrize("table", [name for name in LISTS if name != "report_words"])
def test_codes_and_labels_lead_to_their_own_term(table: str) -> None:
    for term in taxonomy.terms(table).values():
        for name in (term.code, term.zh, term.en, term.en.upper(), f" {term.zh}　"):
            assert taxonomy.code_of(table, name) == term.code


@pytest.mark.parametrize(
    ("table", "name", "code"),
    [
        ("need_kinds", "卡脖子", "substitution"),
        ("need_kinds", "ＴＡＬＥＮＴ", "talent"),
        ("capability_kinds", "Pilot-line", "pilot_line"),
        ("capability_kinds", "引导基金", "fund"),
        ("need_kinds", "没有的类型", None),
        ("need_kinds", "", None),
    ],
)
def test_a_value_is_known_by_code_label_or_synonym(table: str, name: str, code: str | None) -> None:
    assert taxonomy.code_of(table, name) == code


def test_a_kind_of_need_accepts_kinds_of_capability() -> None:
    known = set(taxonomy.terms("capability_kinds"))
    kinds = taxonomy.terms("need_kinds").values()
    assert all(kind.accepts and set(kind.accepts) <= known for kind in kinds)
    assert set(taxonomy.terms("need_kinds")["partner"].accepts) == known


@pytest.mark.parametrize("record", RECORDS)
def test_every_column_is_a_field_of_its_record(record: str) -> None:
    model = RECORDS[record]
    columns = taxonomy.columns(record)
    assert set(columns) - set(model.model_fields) == set()
    assert {"name" if record == "organisation" else "title"} <= set(columns)


def test_what_the_engine_reports_has_words() -> None:
    need, capability = Need(id="N", title="需求"), Capability(id="C", title="成果")
    _, missing = soft_fits(need, capability, "zh")
    assert set(missing) <= set(taxonomy.terms("factors"))
    rules = {"own_organisation", "same_party", "excluded_by_need", "confidential", "expired"}
    assert rules | {"not_open", "kind"} <= set(taxonomy.terms("rules"))
    reasons = {"no_capabilities", "all_excluded", "too_short", "no_common_ground"}
    assert reasons | {"not_open", "confidential"} <= set(taxonomy.terms("reasons"))
    assert set(get_args(LegName)) == set(taxonomy.terms("legs"))


def test_labels_fall_back_to_the_code() -> None:
    assert taxonomy.label_of("need_kinds", "talent") == "人才需求"
    assert taxonomy.label_of("need_kinds", "talent", "en") == "Talent"
    assert taxonomy.label_of("need_kinds", "unheard-of") == "unheard-of"


def test_folding_keeps_letters_and_figures_only() -> None:
    assert taxonomy.fold(" 示例（ＡＢ）—1 ") == "示例ab1"
    assert taxonomy.fold("…/—") == ""


def test_a_missing_table_names_itself_and_the_remedy() -> None:
    with pytest.raises(InputError) as refused:
        taxonomy.terms("no_such_table")
    assert "no_such_table.csv" in refused.value.message("zh")
    assert "reinstall" in refused.value.message("en")
