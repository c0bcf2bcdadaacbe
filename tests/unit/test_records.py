"""A record is refused with a reason, or it is whole: nothing is guessed, nothing is filled in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from matcher.records import Capability, Money, Need, Organisation, credit_code_check_digit

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE = "91000000EXAMPLE11Q"


def why(record: Any, **values: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        record(**values)
    return str(refused.value)


def test_the_check_character_of_the_standards_own_example() -> None:
    assert credit_code_check_digit("91350100M000100Y4") == "3"


@given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_of_a_credit_code_is_noticed(
    body: str, place: int, other: str
) -> None:
    whole = body + credit_code_check_digit(body)
    assert Organisation(name="示例公司", credit_code=whole).credit_code == whole
    wrong = whole[:place] + other + whole[place + 1 :]
    if wrong != whole:
        assert "校验位" in why(Organisation, name="示例公司", credit_code=wrong)


@pytest.mark.parametrize(
    "code", [CODE[:-1], CODE + "1", CODE.lower(), "9100000IEXAMPLE11Q", "一" * 18]
)
def test_a_credit_code_of_the_wrong_form_is_refused_in_both_languages(code: str) -> None:
    reason = why(Organisation, name="示例公司", credit_code=code)
    assert "应为 18 位" in reason
    assert "a credit code has 18 characters" in reason


def test_a_value_outside_a_closed_list_is_refused_with_the_list() -> None:
    reason = why(Need, id="N1", title="高温传感器", kind="wish")
    assert "不在列表中" in reason
    assert "国产替代" in reason
    assert "not in the list" in reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"trl_min": 0},
        {"trl_min": 10},
        {"trl_min": "6"},
        {"keywords": tuple("一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子")},
        {"id": ""},
        {"confidentiality": "secret"},
        {"price": Money(low=1, high=1)},
        {"status": "open"},
    ],
)
def test_a_wrong_cell_is_never_bent_into_shape(wrong: dict[str, Any]) -> None:
    why(Need, **{"id": "N1", "title": "高温传感器"} | wrong)


@pytest.mark.parametrize("record", [Need, Capability])
@pytest.mark.parametrize("title", ["", "  ", "\n\u3000"])
def test_a_record_without_any_text_is_refused(record: Any, title: str) -> None:
    assert "名称和正文都为空" in why(record, id="X", title=title)


def test_a_record_cannot_be_changed_after_it_was_read() -> None:
    need = Need(id="N1", title="Low-noise bearing 低噪声轴承")
    with pytest.raises(ValidationError):
        need.title = "other"


def test_passages_are_the_filled_text_fields_in_reading_order() -> None:
    need = Need(id="N1", indicators="温度≥200℃", title="高温传感器", expected_outcome="Pilot line")
    assert need.passages == (
        ("title", "高温传感器"),
        ("indicators", "温度≥200℃"),
        ("expected_outcome", "Pilot line"),
    )


def test_money_is_a_range_with_open_ends() -> None:
    assert Money(low=5, high=5).low == 5
    assert Money(low=None, high=7).low is None
    assert "金额为空" in why(Money, low=None, high=None)
    assert "下限大于上限" in why(Money, low=2, high=1)
    why(Money, low=-1, high=None)


def test_names_that_differ_in_width_case_and_marks_are_one_party() -> None:
    one = Organisation(name="示例ＡＢＣ（上海）有限公司", aliases=("Example Lab",))
    other = Organisation(name="示例abc(上海)有限公司")
    assert one.party_keys & other.party_keys
    assert one.party_keys & Organisation(name="EXAMPLE-LAB").party_keys


def test_code_and_parent_make_a_party() -> None:
    child = Organisation(name="示例甲", parent="示例集团", credit_code=CODE)
    assert child.party_keys & Organisation(name="示例集团").party_keys
    assert child.party_keys & Organisation(name="示例乙", credit_code=CODE).party_keys
    assert not child.party_keys & Organisation(name="示例丙").party_keys


@pytest.mark.parametrize("dash", ["/", "—", "--", "…", "（）"])
def test_a_dash_in_the_alias_column_names_nobody(dash: str) -> None:
    one = Organisation(name="示例甲", aliases=(dash,), parent=dash)
    other = Organisation(name="示例乙", aliases=(dash,), parent=dash)
    assert not one.party_keys & other.party_keys
