"""What learned weights changed, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matcher import taxonomy
from matcher.rank.fitting import COLUMNS, Learned
from matcher.rank.learning import Lesson, Move

#: A change below this share, or of the language step below this, is not worth a sentence.
_TOLD, _TOLD_STEP = 0.005, 0.0005
_PAIRS = {"within": ("同一种语言之内", "Within one language"),
          "across": ("中英文之间", "Across Chinese and English")}  # fmt: skip
_PARTS = {
    "bm25": ("词面相同的内容", "shared words count"),
    "evidence": ("逐句对应的内容", "answers sentence by sentence count"),
    "crowding": ("对“与许多成果都相近”的扣分", "the deduction for being like many others counts"),
}
_KINDS = {
    "accept": ("接受", "accepted"),
    "irrelevant": ("“不相关”", "declined as irrelevant"),
    "graded": ("分级评判", "graded"),
}


def basis(lesson: Lesson, lang: str) -> str:
    """Return what the lesson rests on, in ``lang`` (``zh`` or ``en``)."""
    english = lang == "en"
    named = [
        f"{count} {_KINDS[name][1]}" if english else f"{count} 条{_KINDS[name][0]}"
        for name, count in lesson.counts.items() if name in _KINDS and count
    ]  # fmt: skip
    learned = lesson.learned
    if english:
        pairs = f"{learned.comparisons} comparison{'s' * (learned.comparisons != 1)}"
        places = f"{learned.needs} need{'s' * (learned.needs != 1)}"
        return f"{', '.join(named) or 'nothing that teaches'}; {pairs} in {places}"
    return (
        f"{'、'.join(named) or '没有可学的决定'}；{learned.needs} 条需求中可比的有 "
        f"{learned.comparisons} 对"
    )


def unused(counts: Mapping[str, int], lang: str) -> str:
    """Return which decisions say nothing about the texts, or "" if all do."""
    named = [(_label(name, lang), count) for name, count in counts.items() if name not in _KINDS]
    if lang == "en":
        return ", ".join(f"{label} {count}" for label, count in named)
    return "、".join(f"{label} {count} 条" for label, count in named)


def changes(lesson: Lesson, lang: str) -> list[str]:
    """Return one sentence for each part that counts more or less than shipped."""
    english = lang == "en"
    told: list[str] = []
    for pair, part in COLUMNS:
        share = lesson.learned.factors[pair, part] - 1
        if abs(share) < _TOLD:
            continue
        where, what = _PAIRS[pair][english], _PARTS[part][english]
        percent = f"{abs(share) * 100:.0f}"
        if english:
            told.append(f"{where}: {what} {percent} % {'more' if share > 0 else 'less'}.")
        else:
            told.append(f"{where}：{what}{'多' if share > 0 else '少'}算 {percent} %。")
    told += _balance(lesson.learned, english)
    if not told:
        told.append(
            "The decisions agree with the shipped ranking: next to nothing changes."
            if english else "这些决定与原有排序一致，几乎没有变化。"
        )  # fmt: skip
    return told


def _balance(learned: Learned, english: bool) -> list[str]:
    step = learned.language
    if abs(step) < (_TOLD if learned.in_odds else _TOLD_STEP):
        return []
    if learned.in_odds:
        times = f"{math.exp(step):.2f}"
        return [
            "Offers in the other language: the odds that they are relevant are taken "
            f"{times} times."
            if english else f"另一种语言的成果：相关的几率按 {times} 倍计。"
        ]  # fmt: skip
    if english:
        return [
            f"Offers in the other language are moved {'up' if step > 0 else 'down'} by "
            f"{abs(step):.3f} points against those in the need's own."
        ]
    return [
        f"另一种语言的成果相对本语言的成果{'上移' if step > 0 else '下移'} {abs(step):.3f} 分。"
    ]


def moved(move: Move, lang: str) -> str:
    """Return where a decided match stood and where it stands now."""
    if lang == "en":
        verdict = "relevant" if move.level else "irrelevant"
        return f"{move.need_id} – {move.capability_id} ({verdict}): {move.before} → {move.after}"
    verdict = "相关" if move.level else "不相关"
    return (
        f"{move.need_id} – {move.capability_id}（{verdict}）：第 {move.before} 名 → "
        f"第 {move.after} 名"
    )


def _label(name: str, lang: str) -> str:
    if name == "no_reason":
        return "declined without a reason" if lang == "en" else "未写原因的婉拒"
    table = "decisions" if name in taxonomy.terms("decisions") else "decline_reasons"
    return taxonomy.label_of(table, name, lang)
