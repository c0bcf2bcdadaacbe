"""What in an anonymous need would tell who is asking, each place named so that it can be shown.

The owner's own names, and everybody's contacts and patents, are found as reports mask them
(``matcher.export.mask``); the rest is what domain.md forbids besides: companies, addresses,
400 numbers, accounts, credit codes. Widely written forms only: a person still reads the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from matcher.export.mask import MASK, mask_names, mask_owner
from matcher.export.names import names_of
from matcher.records import Need

LABELS: dict[str, tuple[str, str]] = {
    "owner": ("需求方名称", "the owner's name"),
    "company": ("企业名称", "a company's name"),
    "e-mail": ("邮箱", "an e-mail address"),
    "link": ("网址", "a web address"),
    "telephone": ("电话", "a telephone number"),
    "account": ("社交账号", "an account"),
    "address": ("地址", "an address"),
    "patent": ("专利号", "a patent number"),
    "credit_code": ("统一社会信用代码", "a credit code"),
}
_LETTER = r"[\u4e00-\u9fffA-Za-z0-9·（）()&-]"
_COMPANY = re.compile(
    rf"{_LETTER}{{2,30}}?(?:股份有限公司|有限责任公司|有限公司)"
    r"|[\u4e00-\u9fffA-Za-z]{2,12}?(?:集团|科技公司|总公司|分公司)"
    r"|(?<![A-Za-z0-9&.-])(?:[A-Z][\w&.-]{0,40}[ ,]+){1,5}?"
    r"(?:Co\.,? ?Ltd|Ltd|Inc|GmbH|LLC|Corp|Corporation|PLC|AG)\b\.?"
)
#: Where a name begins: what stands before it belongs to the sentence.
_BEFORE = re.compile(
    r"^(.*)(?:我们是|我司是|来自|供应商|客户|采购自|购自|由|向|与|和|及|为|是|在|从|对|给|替代|委托|原)"
    r"(?=[\u4e00-\u9fffA-Za-z]{2,})"
)
_NOBODY = re.compile(
    r"(?:本|我|贵|该|某|各|子|分|总|母|大|小|多家|几家|一家|上市|集团|下属|国内|国外|外资|同类|其他)+"
    r"(?:集团|公司|有限公司|科技公司|分公司|总公司)"
)
_TELEPHONE = re.compile(
    r"(?<![\d.])[48]00(?:[- ]?\d){7}(?!\d)|(?<![\d.-])[2-9]\d{6,7}(?=\s*转\s*\d)"
)
_ACCOUNT = re.compile(r"(?:微信|QQ|wechat|weixin|钉钉)\s*号?\s*[:： ]?\s*[A-Za-z0-9_-]{5,20}", re.I)
_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{2,16}?"
    r"(?:(?<![线道电回管油气光水通支])路|街|大道|巷|胡同|弄|村)(?:[东南西北中]段?)?\s*\d{1,5}\s*(?:号|弄)"
    r"(?:[\u4e00-\u9fffA-Za-z0-9-]{0,12}?\d{1,5}\s*(?:号楼|栋|幢|座|层|楼|室)){0,3}"
    r"|[\u4e00-\u9fff]{2,10}(?:大厦|产业园|科技园|工业园|孵化器)[A-Za-z]?\s*\d{1,4}\s*(?:号楼|栋|幢|座|层|楼|室)"
    r"|\b(?:No\. ?)?\d{1,5},? (?:[A-Z][a-z’']+ ){1,4}(?:Road|Street|Avenue|Lane|Rd|St|Ave)\b\.?"
)
_CREDIT = re.compile(
    r"(?<![A-Za-z0-9])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![A-Za-z0-9])"
)
_PATENT = re.compile(r"(?<![A-Za-z0-9])(?:US|EP|JP|KR|DE) ?\d{6,11} ?[ABCSUY]\d?(?![A-Za-z0-9])")
_PATTERNS = (
    ("credit_code", _CREDIT), ("address", _ADDRESS), ("telephone", _TELEPHONE),
    ("account", _ACCOUNT), ("patent", _PATENT),
)  # fmt: skip


@dataclass(frozen=True)
class Leak:
    """One place: ``text`` is ``value[start:end]`` of a field, ``kind`` one of ``LABELS``.

    In a field with several values, ``value`` are they with 、 between them.
    """

    field: str
    start: int
    end: int
    text: str
    kind: str

    def label(self, lang: str = "zh") -> str:
        """Return what kind of thing it is."""
        return LABELS[self.kind][lang == "en"]


def find_leaks(need: Need) -> tuple[Leak, ...]:
    """Return every place of an anonymous need that points to a person or an organisation.

    Empty for a need that is not anonymous: its owner is either shown or the need is not.
    """
    if need.confidentiality != "anonymous":
        return ()
    names = names_of(need)
    lists = (("keywords", need.keywords), ("regions", need.regions))
    fields = (*need.passages, *((name, "、".join(values)) for name, values in lists))
    return tuple(
        Leak(field, start, end, text[start:end], kind)
        for field, text in fields
        for start, end, kind in _joined(_places(text, names), text)
    )


def _places(text: str, names: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, kind), the surest kinds first."""
    narrow = _narrow(text)
    yield from ((a, b, "owner") for a, b in _masked(text, mask_names(text, names)))
    for kind, pattern in _PATTERNS[:1]:
        yield from ((*match.span(), kind) for match in pattern.finditer(narrow))
    for a, b in _masked(text, mask_owner(text, ())):
        yield a, b, _contact(narrow[a:b])
    for kind, pattern in _PATTERNS[1:]:
        yield from ((*match.span(), kind) for match in pattern.finditer(narrow))
    yield from _companies(narrow)


def _companies(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _COMPANY.finditer(text):
        start, end = match.span()
        whole = match.group()
        cut = _BEFORE.match(whole)
        name, before = (whole[cut.end() :], cut.group(1)) if cut else (whole, "")
        if not _NOBODY.fullmatch(name):
            yield end - len(name), end, "company"
        elif before and not _NOBODY.fullmatch(before):
            # 为 may be a word of the sentence or of the name.
            yield start, end, "company"


def _contact(text: str) -> str:
    if "@" in text:
        return "e-mail"
    if re.match(r"(?:ZL|PCT|CN|WO)|\d{12}\.", text.upper()):
        return "patent"
    return "link" if re.search(r"[A-Za-z]", text) else "telephone"


def _masked(text: str, masked: str) -> Iterator[tuple[int, int]]:
    """Yield the runs that masking changed."""
    start: int | None = None
    for place in range(len(text) + 1):
        hidden = place < len(text) and masked[place] == MASK != text[place]
        if hidden and start is None:
            start = place
        elif not hidden and start is not None:
            yield start, place
            start = None


def _joined(
    places: Iterator[tuple[int, int, str]], text: str
) -> list[tuple[int, int, str]]:  # fmt: skip
    """Return the places in their order, what overlaps an earlier one left out."""
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in places:
        if not any(start < stop and begin < end for begin, stop, _ in kept):
            kept.append((start, end, kind))
    return sorted(kept)


def _narrow(text: str) -> str:
    """Return full-width letters and digits as narrow ones, each in its place."""
    folded = (unicodedata.normalize("NFKC", ch) for ch in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(folded, text, strict=True))
