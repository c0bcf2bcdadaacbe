"""What every encoder must do, and how near the default one comes to its model in full precision."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from engine_fixtures import (
    EVAL,
    answer,
    bundled,
    full_precision_folder,
    full_tokenizer,
    run_python,
    sample_texts,
    whole,
)

from matcher import settings
from matcher.encode.base import Encoder, Role, Text
from matcher.encode.bundled import prepare
from matcher.encode.cache import CachedEncoder
from matcher.encode.tokens import TextTokenizer
from matcher.errors import EncoderError
from matcher.text.normalise import simplify
from matcher.text.sentences import split

ROLES: tuple[Role, ...] = ("need", "capability")
TEXTS = [
    "高温压力传感器芯片。零点漂移小于百分之零点一。",
    "A pressure sensor die for 500 °C. Drift below 0.1 % per year.",
    "采用SiC MOSFET的车载充电机，效率≥98%；重量≤3.5 kg",
    "密封",
]
ODD = {
    "empty": "",
    "blank": " \n\u3000\t",
    "control": "压力\x00\x01\x1b传感器\x7f",
    "emoji": "😀" * 40 + "传感器👩‍🔬",
    "surrogate": "压力\ud800传感器\udfff",
    "long word": "x" * 6000,
    "long number": "1234567890" * 300,
    "other scripts": "Датчик давления センサー 압력 مستشعر",
    "unassigned": "压力\u0378\ufffe\U000e0001传感器",
}
CODE = """
import json, sys
from engine_fixtures import bundled, full_precision_folder, whole
from matcher.encode.sentence_transformer import SentenceTransformerEncoder
encoder = bundled() if sys.argv[1] == "bundled" else SentenceTransformerEncoder(str(full_precision_folder()))
found = encoder.encode("need", [whole(text) for text in json.loads(sys.argv[2])])
print(json.dumps([encoder.fingerprint, [item.vector.tolist() for item in found]]))
"""  # noqa: E501


@cache
def full_precision() -> Encoder:
    from matcher.encode.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(str(full_precision_folder()))


@pytest.fixture(scope="module", params=["bundled", "sentence_transformer"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return bundled() if request.param == "bundled" else full_precision()


def cut(text: str) -> Text:
    return Text(text, tuple(split(text)))


def manual(paragraphs: int, ending: str) -> Text:
    """Return a text of about 45 tokens a paragraph."""
    lines = [
        f"第{i}道工序的温度、压力和流量都要记录下来，并与上一批次逐项比较，偏差超过{i}%时停机检查，"
        "原因写进质量档案，由工艺员签字后交给车间主任保存三年。"
        for i in range(1, paragraphs)
    ]
    return cut("\n".join([*lines, ending]))


class TestEncoder:
    """The contract, run over every encoder."""

    def test_it_says_what_it_is(self, encoder: Encoder) -> None:
        assert encoder.name
        assert encoder.dim == 384
        assert len(encoder.fingerprint) > 8

    @pytest.mark.parametrize("role", ROLES)
    def test_vectors_have_unit_length_and_sentences_a_row_each(
        self, encoder: Encoder, role: Role
    ) -> None:
        texts = [cut(text) for text in TEXTS]
        for text, found in zip(texts, encoder.encode(role, texts), strict=True):
            assert found.vector.shape == (384,)
            assert found.sentences.shape == (len(text.spans), 384)
            assert found.vector.dtype == found.sentences.dtype == np.float32
            rows = np.vstack([found.vector, found.sentences])
            assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)

    def test_a_vector_does_not_depend_on_its_neighbours(self, encoder: Encoder) -> None:
        texts = [cut(text) for text in TEXTS]
        together = encoder.encode("need", texts)
        backwards = encoder.encode("need", texts[::-1])[::-1]
        for place, text in enumerate(texts):
            (alone,) = encoder.encode("need", [text])
            for other in (together[place], backwards[place]):
                assert np.allclose(alone.vector, other.vector, atol=1e-5)
                assert np.allclose(alone.sentences, other.sentences, atol=1e-5)

    def test_progress_counts_every_text(self, encoder: Encoder) -> None:
        done: list[int] = []
        assert len(encoder.encode("need", [whole("密封")] * 3, done.append)) == 3
        assert sum(done) == 3
        assert encoder.encode("need", []) == []

    def test_roles_are_told_apart(self, encoder: Encoder) -> None:
        asked, offered = (encoder.encode(role, [whole(TEXTS[0])])[0].vector for role in ROLES)
        assert 0.5 < float(asked @ offered) < 0.9999

    def test_meaning_is_near_in_both_languages(self, encoder: Encoder) -> None:
        asked = encoder.encode("need", [whole(TEXTS[0])])[0].vector
        others = [whole(TEXTS[1]), whole("Wine that ferments slowly in a cool cellar.")]
        offered = encoder.encode("capability", others)
        near, far = (float(asked @ found.vector) for found in offered)
        assert near > far + 0.02

    def test_a_sentence_is_nearer_to_its_own_words(self, encoder: Encoder) -> None:
        text = cut("耐受五百摄氏度的压力芯片。按季度结算货款。")
        (found,) = encoder.encode("capability", [text])
        asked = encoder.encode("need", [whole("高温压力传感器"), whole("付款方式")])
        similar = np.array([[float(a.vector @ s) for s in found.sentences] for a in asked])
        assert similar[0, 0] > similar[0, 1]
        assert similar[1, 1] > similar[1, 0]

    def test_an_empty_span_has_a_row_of_zeros(self, encoder: Encoder) -> None:
        (found,) = encoder.encode("need", [Text("压力传感器。密封。", ((0, 6), (6, 6), (6, 9)))])
        lengths = np.linalg.norm(found.sentences, axis=1)
        assert np.allclose(lengths, [1, 0, 1], atol=1e-3)

    @pytest.mark.parametrize("name", ODD)
    def test_no_text_is_too_odd(self, encoder: Encoder, name: str) -> None:
        (found,) = encoder.encode("capability", [whole(ODD[name])])
        rows = np.vstack([found.vector, found.sentences])
        assert np.isfinite(rows).all()
        assert float(np.linalg.norm(found.vector)) == pytest.approx(1, abs=1e-3)

    @pytest.mark.parametrize(
        ("encoder", "paragraphs"),
        [
            ("bundled", 110),
            ("sentence_transformer", 13),
            pytest.param("sentence_transformer", 110, marks=pytest.mark.slow),
        ],
        indirect=["encoder"],
    )
    def test_a_long_text_is_read_to_its_end(self, encoder: Encoder, paragraphs: int) -> None:
        ends = ("最后检查密封圈。", "Wine ferments in the cellar.")
        texts = [manual(paragraphs, end) for end in ends]
        few = [Text(text.text, (text.spans[0], text.spans[-1])) for text in texts]
        one, other = encoder.encode("capability", few)
        assert not np.allclose(one.vector, other.vector, atol=1e-4)
        assert np.allclose(np.linalg.norm(one.sentences, axis=1), 1, atol=1e-3)
        assert float(one.sentences[0] @ other.sentences[0]) > 0.999
        assert float(one.sentences[1] @ other.sentences[1]) < 0.95

    def test_a_long_text_without_sentences_is_read_to_its_end(self, encoder: Encoder) -> None:
        texts = [manual(13, end).text for end in ("最后检查密封圈。", "Wine ferments here.")]
        one, other = (found.vector for found in encoder.encode("need", [Text(t) for t in texts]))
        assert not np.allclose(one, other, atol=1e-4)

    @pytest.mark.parametrize(
        "encoder",
        ["bundled", pytest.param("sentence_transformer", marks=pytest.mark.slow)],
        indirect=True,
    )
    def test_another_process_gives_the_same_vectors(self, encoder: Encoder) -> None:
        kind = "bundled" if encoder is bundled() else "sentence_transformer"
        process = run_python(CODE, kind, json.dumps(TEXTS), PYTHONHASHSEED="7")
        here = encoder.encode("need", [whole(text) for text in TEXTS])
        fingerprint, there = answer(process)
        assert fingerprint == encoder.fingerprint
        for found, vector in zip(here, there, strict=True):
            assert np.array_equal(found.vector, np.array(vector, np.float32))


def lowest_agreement(texts: list[str]) -> float:
    """Return the first percentile of the cosine between int8 and full precision."""
    # What torch computed stays in the home folder: the weights are part of its fingerprint.
    exact = CachedEncoder(full_precision(), settings.home() / "fp32.sqlite")
    half = len(texts) // 2
    found: list[Any] = []
    for role, part in (("need", texts[:half]), ("capability", texts[half:])):
        plain = [Text(text) for text in part]
        ours, theirs = bundled().encode(role, plain), exact.encode(role, plain)
        found += [float(a.vector @ b.vector) for a, b in zip(ours, theirs, strict=True)]
    exact.close()
    return float(np.percentile(found, 1))


def eval_texts(count: int) -> list[str]:
    """Return texts of real abstracts and needs, spread over all sets."""
    if not EVAL.is_dir():
        pytest.skip(f"no judged sets under {EVAL}: name their folder in ALLEYMATCH_EVAL")
    texts = [
        json.loads(line)["text"]
        for path in sorted(EVAL.glob("*/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [texts[place] for place in np.linspace(0, len(texts) - 1, count).astype(int)]


def test_int8_agrees_with_full_precision_on_the_sample() -> None:
    texts = [text[:120] for text in sample_texts()[::3]]
    assert len(texts) > 100
    assert lowest_agreement(texts) >= 0.99


@pytest.mark.slow
def test_int8_agrees_with_full_precision_on_real_texts() -> None:
    texts = eval_texts(500)
    assert len(texts) == 500
    # A window holds 500 tokens, and full precision is cut differently from there on.
    assert lowest_agreement([text[:600] for text in texts]) >= 0.99


def ids_differ(texts: list[str]) -> list[str]:
    ours, theirs = TextTokenizer(prepare()), full_tokenizer()
    tokens = ours([Text(text) for text in texts])
    expected = theirs([f"query: {text}" for text in texts], verbose=False)["input_ids"]
    found = [[*ours.prefix("query:"), *t.ids.tolist(), *ours.suffix] for t in tokens]
    return [t for t, one, other in zip(texts, found, expected, strict=True) if one != other]


def test_tokens_are_those_of_the_transformers_tokenizer() -> None:
    odd = [
        "ＳｉＣ　晶圓，１２英寸",
        "㎡ ① ½ ﬁ ℃ ™",
        "a\tb\r\nc",
        "  leading",
        "x  y   z",
        "壓力",
        "e.g. 3.5GPa",
    ]
    assert ids_differ([*odd, *sample_texts(), *map(simplify, odd)]) == []


@pytest.mark.slow
def test_tokens_of_real_texts_are_those_of_the_transformers_tokenizer() -> None:
    texts = eval_texts(500)
    # Combining marks are composed by NFKC and left apart by the table of the packaged model.
    assert len(ids_differ(texts)) <= len(texts) // 100


def test_a_model_that_is_not_there_is_refused_with_the_remedy() -> None:
    from matcher.encode.sentence_transformer import SentenceTransformerEncoder

    with pytest.raises(EncoderError) as refused:
        SentenceTransformerEncoder("示例/没有的模型")
    assert "没有的模型" in refused.value.zh
    assert "folder" in refused.value.en
