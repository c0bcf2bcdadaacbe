"""Whatever is pasted: offsets stay exact, sentences stay in order, nothing raises."""

from __future__ import annotations

from engine_fixtures import need
from hypothesis import given
from hypothesis import strategies as st

from matcher.text.normalise import language, match_form, simplify
from matcher.text.sentences import LONGEST, record_text, split
from matcher.text.tokens import tokenise

WORDS = [
    "高温", "壓力傳感器", "SiC", "underfill", "e.g.", "Fig. 3", "3.5 GPa", "≥200℃",
    "GB/T 22900-2009", "。", "；", "，", "……", "”", "）", ". ", "! ", "\n", "\r\n", "\u3000", " ",
    "Ti-6Al-4V", "1. ",
    "字" * 130, "word " * 40, "😀", "\u200b", "０", "𠮷", "é", "ﬁ", "㎡",
]  # fmt: skip
#: Any Unicode at all, lone surrogates too; and texts such as people paste.
TEXTS = st.one_of(
    st.text(st.characters(), max_size=400),
    st.lists(st.sampled_from(WORDS), max_size=60).map("".join),
)


@given(TEXTS)
def test_sentences_are_in_order_and_do_not_overlap(text: str) -> None:
    at = 0
    for start, end in split(text):
        assert at <= start < end <= len(text)
        assert end - start <= LONGEST
        assert text[start:end] == text[start:end].strip()
        at = end


@given(TEXTS)
def test_no_letter_or_figure_is_left_out_of_the_sentences(text: str) -> None:
    inside = "".join(text[start:end] for start, end in split(text))
    assert [c for c in inside if c.isalnum()] == [c for c in text if c.isalnum()]


@given(TEXTS, TEXTS)
def test_every_sentence_of_a_record_is_a_piece_of_its_field(title: str, problem: str) -> None:
    record = need(problem, title=title + " 需求 need")
    text, sentences = record_text(record)
    for sentence in sentences:
        assert getattr(record, sentence.field)[sentence.start : sentence.end] == sentence.text
        assert text[sentence.at : sentence.at + len(sentence.text)] == sentence.text


@given(TEXTS)
def test_simplifying_keeps_every_place(text: str) -> None:
    simple = simplify(text)
    assert len(simple) == len(text)
    assert simplify(simple) == simple
    assert [
        one for one, other in zip(text, simple, strict=True) if one.isascii() and one != other
    ] == []


@given(TEXTS)
def test_any_text_has_tokens_a_form_and_a_language(text: str) -> None:
    assert all(tokenise(text))
    assert tokenise(text) == tokenise(text)
    assert language(text) in ("zh", "en")
    assert isinstance(match_form(text), str)
