"""Words that many needs use weigh less: counts by hand, and their effect on an order."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import LetterEncoder, capability, need

from matcher.index.collection import encode_records
from matcher.index.lexical import UNKNOWN, LexicalIndex
from matcher.rank.common import DAMPING, Counted, count, dampings, load_common, write_common
from matcher.rank.ranker import Ranker
from matcher.rank.weights import PairWeights, Weights

NEEDS = ["解决漏油问题", "解决噪声问题、漏油问题", "The problem of wear", "Wear of seals"]


def test_each_text_counts_a_token_once_in_its_language() -> None:
    found = count(NEEDS)
    assert (found["zh"].texts, found["en"].texts) == (2, 2)
    assert found["zh"].counts["问题"] == 2
    assert found["zh"].counts["噪声"] == 1
    assert found["en"].counts["wear"] == 2
    assert count([]) == {}


def test_a_token_is_damped_by_its_share_among_all_needs() -> None:
    known = {"zh": Counted(8, {"问题": 4})}
    own = {"zh": Counted(2, {"问题": 2, "漏油": 1}), "en": Counted(1, {"wear": 1})}
    found = dampings(known, own)
    assert found["zh"]["问题"] == pytest.approx(1 / (1 + DAMPING * 0.6))
    assert found["zh"]["漏油"] == pytest.approx(1 / (1 + DAMPING * 0.1))
    # Of a language without known needs, the few own ones say nothing.
    assert "en" not in found
    assert dampings({}, own) == {}


def test_what_is_written_is_what_is_common(tmp_path: Path) -> None:
    target = tmp_path / "common.json"
    write_common([*["解决漏油问题"] * 150, "高温", "Wear of seals"], target)
    stored = json.loads(target.read_text(encoding="utf-8"))
    assert stored["zh"]["texts"] == 151
    assert stored["zh"]["counts"]["问题"] == 150
    assert "高温" not in stored["zh"]["counts"]
    assert stored["en"] == {"texts": 1, "counts": {"seal": 1, "wear": 1}}


def test_the_shipped_counts_hold_the_frame_of_a_need_and_no_text() -> None:
    shipped = load_common()
    factors = dampings(shipped, {})
    assert factors["zh"]["问题"] < 0.2
    assert factors["en"]["technology"] < 0.2
    assert all(0 < factor < 1 for found in factors.values() for factor in found.values())
    for lang, found in shipped.items():
        assert 0.01 * found.texts <= min(found.counts.values())
        assert max(found.counts.values()) <= found.texts, lang
        assert not any(" " in token for token in found.counts)


def test_a_damped_word_loses_against_the_subject() -> None:
    index = LexicalIndex(["问题的探讨", "漏油的修理", "噪声", "焊接"])
    plain = index.similarity("漏油问题")
    assert plain[0] == pytest.approx(plain[1])
    damped = index.similarity("漏油问题", {"问题": 0.1})
    assert damped[1] > plain[1] > damped[0] > 0


def test_a_lone_shared_acronym_is_no_twin() -> None:
    index = LexicalIndex(["RF amplifiers", "seal rings"])
    alone, among = index.similarity("RF"), index.similarity("大功率射频放大器 RF 的散热设计")
    assert 0 < among[0] < alone[0]
    missing = 11  # bigrams of the Chinese words, none of them in the index
    idf, rarest = np.log(1 + 1.5 / 1.5), np.log(1 + 2.5 / 0.5)
    share = idf / np.sqrt(idf**2 + UNKNOWN * missing * rarest**2)
    assert among[0] == pytest.approx(alone[0] * share, rel=1e-4)


def test_the_ranker_damps_for_needs_and_not_for_capabilities() -> None:
    plain = PairWeights(flatten=0.0, bm25=1.0, evidence=0.0, crowding=0.0, shift=0.0, answer=0.3)
    weights = Weights("example", {"within": plain, "across": plain}, 0.25)
    encoder = LetterEncoder()
    texts = ["问题的探讨", "漏油的修理", "噪声", "焊接"]
    offers = encode_records("capability", [capability(t, f"C{t}") for t in texts], encoder)
    needs = encode_records("need", [need(t, f"N{t}") for t in texts], encoder)
    every = [np.arange(len(texts))]

    asked = encode_records("need", [need("漏油问题")], encoder)
    bm25 = {h.row: h.bm25 for h in Ranker(offers, None, None, weights).rank(asked, 0, every)}
    assert bm25[1] > 2 * bm25[0] > 0

    offered = encode_records("capability", [capability("漏油问题")], encoder)
    bm25 = {h.row: h.bm25 for h in Ranker(needs, None, None, weights).rank(offered, 0, every)}
    assert bm25[1] == pytest.approx(bm25[0])
