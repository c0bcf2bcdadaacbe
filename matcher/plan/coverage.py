"""When a sentence of a record covers a part of a need, and by which words.

Nearness alone does not do: of all sentences of a related record one is always the nearest. Of the
151 pairs in the sample that are near enough to be quoted, a reader agreed with 84 (56 %), and with
nine in ten of those that share words besides. So a sentence covers a part of the same language if

- it is at least as near to it as a quoted answer is (``answer`` in the ranking weights) and has
  ``SAID`` of the part's words, each weighed by how rare it is among needs; or
- it has ``SAID_PLAINLY`` of them and is near enough to be quoted at all. A title and an indicator
  must be as near as an answer and say it plainly: they name a thing, not how it is done.

Across languages, where words cannot be shared, it must be a sentence of the body, nearer by
``NEARER``, and stand out from the others as quotes do. A sentence that says that something is left
out covers nothing.

An indicator is covered by a comparison that says "met", and by nothing else. Whether the record is
a credible partner for the whole need is for the caller to see to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from matcher.encode.base import Array
from matcher.plan.parts import Part
from matcher.rank.evidence import QUOTABLE, STANDS_OUT, above_level
from matcher.rank.hub import Pair
from matcher.records import Capability, Need
from matcher.results import Evidence, Span
from matcher.text.indicators import compare
from matcher.text.sentences import Sentence
from matcher.text.tokens import tokenise

#: Share of a part's words that a sentence of the same language has.
SAID, SAID_PLAINLY = 0.15, 0.3
#: How much nearer than ``answer`` a sentence of the other language must be.
NEARER = 0.11
#: What the words weigh beside nearness where several sentences cover a part.
_WORDS = 0.5
_LEFT_OUT = re.compile(
    r"不涉及|不承担|不作|不提供|不包括|不包含|不支持|不适用|不在\S{0,12}(?:范围|之列)|无关|尚?未涉及|暂不"
    r"|\b(?:does not|do not|not) (?:include|cover|address|support)|\bis not (?:covered|included)",
    re.IGNORECASE,
)


def covered(
    need: Need,
    parts: Sequence[Part],
    capability: Capability,
    sentences: Sequence[Sentence],
    similarity: Array,
    pair: Pair,
    answer: float,
    weights: Mapping[str, float],
) -> dict[int, Evidence]:
    """Return, by number of the part, the quotes that show that a record covers it.

    Parameters
    ----------
    sentences
        Those of the capability, m of them.
    similarity
        Inner products of the corrected vectors of parts and sentences, shape (parts, m).
    pair, answer
        Whether both are in one language, and the similarity of an answer for such a pair.
    weights
        By token what it is multiplied by because many needs use it; absent tokens count fully.
    """
    # Field by field, for a figure that two fields ask for is compared once where they are together.
    met = {
        check.requirement: check.stated
        for passage in need.passages
        for check in compare([passage], capability.passages)
        if check.verdict == "met" and check.stated
    }
    usable = [j for j, sentence in enumerate(sentences) if not _LEFT_OUT.search(sentence.text)]
    words = [frozenset(tokenise(sentences[j].text)) for j in usable]
    body = np.array([sentences[j].field not in ("title", "indicators") for j in usable], np.bool_)
    own = above_level(similarity)
    found: dict[int, Evidence] = {}
    for row, part in enumerate(parts):
        if part.measured is not None:
            if stated := met.get(part.measured):
                found[part.number] = Evidence(part.span, stated, 1.0)
            continue
        if not part.comparable or not usable:
            continue
        near = similarity[row, usable]
        said = np.array([_said(part.span.text, those, weights) for those in words], np.float32)
        if pair == "within":
            plainly = said >= SAID_PLAINLY
            good = (near >= answer) & (plainly | (body & (said >= SAID)))
            good |= body & plainly & (near >= QUOTABLE * answer)
        else:
            good = body & (near >= answer + NEARER) & (own[row, usable] >= STANDS_OUT)
        if good.any():
            best = int(np.where(good, near + _WORDS * said, -1).argmax())
            sentence = sentences[usable[best]]
            span = Span(sentence.field, sentence.start, sentence.end, sentence.text)
            found[part.number] = Evidence(part.span, span, round(float(near[best]), 4))
    return found


def _said(part: str, sentence: frozenset[str], weights: Mapping[str, float]) -> float:
    """Return the share of a part's words that a sentence has, rare words counting more."""
    asked = frozenset(tokenise(part))
    total = sum(weights.get(token, 1.0) for token in asked)
    return sum(weights.get(token, 1.0) for token in asked & sentence) / max(total, 1e-6)
