"""Names of themes, in the records' own words: class-based TF-IDF over phrases, by language.

A phrase is a keyword of a record, or one to four neighbouring words of a title that read as a
term. Its weight in a theme is the share of the theme's records that use it times
log(1 + A / f), with A the mean number of records a theme has and f the number of records that use
it (Grootendorst 2022, "BERTopic: neural topic modeling with a class-based TF-IDF procedure", here
counting records instead of words, so that one long text cannot name a theme).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import rjieba

from matcher.export.mask import MASK, mask_names
from matcher.export.names import names_of
from matcher.records import Offer
from matcher.taxonomy import label_of
from matcher.text.normalise import Language, is_han, language, simplify
from matcher.text.tokens import STOP, stem

#: Phrases that make up the name of a theme.
PHRASES = 3
_WORDS = {"zh": 4, "en": 3}
#: Characters of a Chinese phrase: shorter ones say little, longer ones are sentences.
_SHORTEST, _LONGEST = 2, 10
#: Characters of a Chinese word that is a term by itself.
_LONE = 3
#: What a record that an earlier phrase of the name covers still counts for.
_COVERED = 0.35
#: Parts of speech that a Chinese term is made of, and those it may end in.
_INSIDE = re.compile(r"n|v|a|b|eng|j|l|x|s|m$|k|h|d?$")
_LAST = re.compile(r"n|vn|v$|j|l|eng|k|g")
_SENTENCE = re.compile(r"[^\w\s\-/.+%℃μµ·]+|\n")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9+./-]*[A-Za-z0-9+]|[A-Za-z]")
#: What is one word however a segmenter cuts it: DC/DC, 3D, GB/T.
_CODE = re.compile(r"[A-Za-z0-9]+(?:[./+-][A-Za-z0-9]+)*\+*")
_NUMBERED = re.compile(r"\d")
#: Single characters that a word may begin with, end in: those alone are not the rest of a word.
_PREFIXES = frozenset("全超高低抗总无多微轻软硬干湿热冷新防耐")
_SUFFIXES = frozenset("机剂膜式性型化率度仪炉泵阀料液体件")
_WHOLE = re.compile(r"\w(?:.*[\w+%℃])?", re.DOTALL)


@dataclass(frozen=True)
class Name:
    """What a theme is called in one language, most telling phrase first."""

    phrases: tuple[str, ...]

    def __str__(self) -> str:
        """Return the phrases in one line."""
        return " · ".join(self.phrases)


@dataclass(frozen=True)
class _Texts:
    """The phrases that each record of one language uses, by row."""

    uses: dict[int, frozenset[str]]
    shown: dict[str, str]
    #: Phrases that somebody chose as a keyword read best.
    chosen: frozenset[str]


def name_themes(
    records: Sequence[Offer], of: Sequence[int], closeness: Sequence[float], count: int
) -> list[dict[Language, Name]]:
    """Name each theme in Chinese and in English.

    Where its records in a language give no two phrases, the field that most of its records have
    stands in. A record counts by ``closeness``, the cosine to its
    theme's centre, so that those at the edge do not name it. ``records`` are as the reader may see
    them: masked words never become part of a name.
    """
    named: list[dict[Language, Name]] = [{} for _ in range(count)]
    languages = [language(_text(record)) for record in records]
    langs: tuple[Language, ...] = ("zh", "en")
    for lang in langs:
        rows = [row for row, found in enumerate(languages) if found == lang]
        texts = _texts(records, rows, lang)
        members: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            members[of[row]].append(row)
        overall = Counter(phrase for used in texts.uses.values() for phrase in used)
        mean = max(len(rows) / max(count, 1), 1.0)
        for theme in range(count):
            phrases = _choose(texts, members[theme], closeness, overall, mean)
            if len(phrases) < 2:
                inside = (record for row, record in enumerate(records) if of[row] == theme)
                phrases = (*phrases, *_fields(inside, lang))
            named[theme][lang] = Name(phrases)
    return named


def _choose(
    texts: _Texts, rows: Sequence[int], closeness: Sequence[float], overall: Counter[str],
    mean: float,
) -> tuple[str, ...]:  # fmt: skip
    if len(rows) < 2:
        return ()
    users: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for phrase in texts.uses[row]:
            users[phrase].append(row)
    least = 2 if any(len(found) > 1 for found in users.values()) else 1
    weights = {
        phrase: math.log(1 + mean / overall[phrase]) * _reads(phrase, texts)
        * len(found) / overall[phrase] ** 0.75
        for phrase, found in users.items()
        if len(found) >= least
    }  # fmt: skip
    chosen: list[str] = []
    covered: set[int] = set()
    while len(chosen) < PHRASES and weights:
        best = max(
            weights,
            key=lambda phrase: (
                round(
                    weights[phrase]
                    * sum(closeness[r] * (_COVERED if r in covered else 1) for r in users[phrase]),
                    6,
                ),
                len(phrase), phrase,
            ),
        )  # fmt: skip
        chosen.append(best)
        covered.update(users[best])
        weights = {phrase: w for phrase, w in weights.items() if not _same(phrase, best)}
    return tuple(texts.shown[phrase] for phrase in chosen)


def _reads(phrase: str, texts: _Texts) -> float:
    """Return how well a phrase reads as a term: longer ones say more, chosen ones read best."""
    units = sum(is_han(ch) for ch in phrase) / 2 + len(_LATIN.findall(phrase))
    return (0.4 + 0.4 * min(units, 2.5)) * (1.5 if phrase in texts.chosen else 1.0)


def _same(one: str, other: str) -> bool:
    """Tell whether two phrases share a word or two characters in a row."""
    if any(is_han(ch) for ch in one + other):
        pairs = {other[i : i + 2] for i in range(len(other) - 1)}
        return any(one[i : i + 2] in pairs for i in range(len(one) - 1))
    return bool(set(one.split()) & set(other.split()))


def _fields(records: Iterable[Offer], lang: Language) -> tuple[str, ...]:
    counts = Counter(code for record in records for code in record.fields)
    ranked = sorted(counts, key=lambda code: (-counts[code], code))
    return tuple(label_of("fields", code, lang) for code in ranked[:1])


def _texts(records: Sequence[Offer], rows: Sequence[int], lang: Language) -> _Texts:
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    chosen: set[str] = set()
    cut: dict[int, set[str]] = {}
    own: dict[int, set[str]] = {}
    for row in rows:
        record = records[row]
        # An owner's name is no subject, and belongs on no banner.
        names = names_of(record)
        keywords = [mask_names(word, names) for word in record.keywords if language(word) == lang]
        titles = _phrases(mask_names(record.title or _text(record)[:60], names), lang, strict=True)
        known = {_key(word, lang): word for word in keywords if _usable(word, lang)}
        chosen |= set(known)
        for form in (*known.values(), *(title for title in titles if _usable(title, lang))):
            shown[_key(form, lang)][form] += 1
        own[row] = set(known)
        cut[row] = {_key(phrase, lang) for phrase in _phrases(_text(record), lang, strict=False)}
    uses = {row: frozenset((cut[row] & shown.keys()) | own[row]) for row in rows}
    best = {key: max(forms, key=lambda form: (forms[form], form)) for key, forms in shown.items()}
    return _Texts(uses, best, frozenset(chosen))


def _text(record: Offer) -> str:
    return simplify("\n".join([*(text for _, text in record.passages), *record.keywords]))


def _usable(phrase: str, lang: Language) -> bool:
    if MASK in phrase or len(phrase) < _SHORTEST or _vague(phrase):
        return False
    if not _WHOLE.fullmatch(phrase):
        return False
    return lang == "en" or len(phrase) <= _LONGEST


def _vague(phrase: str) -> bool:
    return phrase in _GENERIC or phrase.lower() in _GENERIC


def _phrases(text: str, lang: Language, strict: bool) -> Iterable[str]:
    """Yield runs of neighbouring words; ``strict`` keeps those that read as a term."""
    for sentence in _SENTENCE.split(simplify(text)):
        if lang == "en":
            words = [(word, "") for word in _LATIN.findall(sentence)]
        else:
            words = _tagged(sentence)
        for start in range(len(words)):
            for end in range(start + 1, min(start + _WORDS[lang], len(words)) + 1):
                run = words[start:end]
                if not strict or (
                    _term(run, lang) and (lang == "en" or not _cut_off(words, start, end))
                ):
                    yield (" " if lang == "en" else "").join(word for word, _ in run)


def _tagged(sentence: str) -> list[tuple[str, str]]:
    """Return the words of a Chinese sentence with their parts of speech; a code stays whole."""
    words: list[tuple[str, str]] = []
    at = 0
    for code in _CODE.finditer(sentence):
        words += rjieba.tag(sentence[at : code.start()])
        words.append((code.group(), "m" if code.group().isdigit() else "eng"))
        at = code.end()
    return [(word, tag) for word, tag in (*words, *rjieba.tag(sentence[at:])) if word.strip()]


def _cut_off(words: Sequence[tuple[str, str]], start: int, end: int) -> bool:
    """Tell whether a Chinese run may begin or end inside a word.

    Where the segmenter does not know a word it leaves a single character beside the rest, as in
    供水管|网, or cuts through another word: 管网 in 供水管|网漏. A figure and its noun are one.
    """
    if start and _joined(words[start - 1]):
        before = words[start - 1][0]
        if _NUMBERED.search(before) or _splits(before, words[start][0]):
            return True
    return end < len(words) and _joined(words[end]) and _splits(words[end - 1][0], words[end][0])


def _joined(word: tuple[str, str]) -> bool:
    return bool(_INSIDE.match(word[1])) and word[0][0].isalnum()


def _splits(left: str, right: str) -> bool:
    """Tell whether a cut between two neighbouring words may go through a word."""
    both = left[-1] + right[0]
    if not all(map(is_han, both)):
        return False
    rest = (len(left) == 1 and left not in _SUFFIXES) or (
        len(right) == 1 and right not in _PREFIXES
    )
    ends = (len(left) == 1 and left in _PREFIXES) or (len(right) == 1 and right in _SUFFIXES)
    return rest or ends or rjieba.cut(both, False) == [both]


def _term(run: Sequence[tuple[str, str]], lang: Language) -> bool:
    # A lone word is a term where somebody made it a keyword, seldom elsewhere.
    if len(run) == 1 and len(run[0][0]) < _LONE:
        return False
    if lang == "en":
        if len(run) == 1:
            return False
        return all(len(word) > 1 and word.lower() not in STOP | _LINKS for word, _ in run)
    if any(_NUMBERED.match(word) and not _LATIN.search(word) for word, _ in run):
        return False
    tags = [tag for _, tag in run]
    return all(_INSIDE.match(tag) for tag in tags) and bool(_LAST.match(tags[-1]))


def _key(phrase: str, lang: Language) -> str:
    folded = simplify(phrase).lower()
    return " ".join(stem(word) for word in folded.split()) if lang == "en" else folded


_LINKS = frozenset("per via using based without within towards toward who whose any every".split())
#: Words of the trade, which name no subject.
_GENERIC = frozenset(
    "技术 系统 方法 装置 设备 服务 研究 开发 应用 项目 平台 团队 合作 需求 成果 产品 方案 "
    "企业 材料 器件 工艺 生产 制造 设计 检测 测试 分析 监测 控制 管理 国产化 进口 替代 "
    "进口替代 国产替代 场景 开放 征集 寻找 引进 高性能 高可靠 低成本 新型 示例 合作方 "
    "合作伙伴 共建 带头人 负责人 课题组 科技企业 改造 升级 解决方案 数据 软件 算法 模型 "
    "专家 共享 "
    "technology system method device service research development application project "
    "platform team group need product solution company material new data software model "
    "high low partner expert wanted looking testing test analysis monitoring control "
    "design".split()
)
