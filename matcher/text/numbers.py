"""Numbers as they are written, and the numbers that are no measured values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

#: Stands for a character that must not be read; a private-use code point, so no text has it.
MASK = "\ue000"


def _fold_table() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code != 0xFF0C}
    pairs = (
        (" ", "\u3000\u00a0\u2002\u2003\u2009\u202f"), ("-", "−‐‑‒–﹣"), ("~", "～〜∼˜∽"),
        ("≥", "≧⩾≽⪰"), ("≤", "≦⩽≼⪯"), (">", "﹥〉"), ("<", "﹤〈"), ("%", "﹪"), ("×", "✕✖╳⨯"),
        ("·", "•⋅∙・"), ("°", "º˚"), ("Ω", "\u2126"), ("μ", "\u00b5"), ("Å", "\u212b"),
        ("+", "﹢"), (":", "︰﹕"), ("(", "﹙"), (")", "﹚"),
    )  # fmt: skip
    for target, sources in pairs:
        table.update({ord(source): target for source in sources})
    return table


_FOLD = _fold_table()
_STANDARDS = (
    "GB|GBZ|GJB|JB|HG|YY|SJ|QJ|ISO|IEC|IEEE|ASTM|DIN|JIS|MIL-STD|MIL|ANSI|RFC|FZ|HJ|DL|NB|QC|JJF"
    "|JJG|YD|YB|SY|T/[A-Z]+|Q/[A-Z]+|DO|RTCA|AEC-Q|AEC|ROHS|TRL|FIPS|NIST|CFR|USC|FAR|DFARS"
    "|STANAG|CCAR|GD|SAE"
)
_NOT_VALUES = re.compile(
    "|".join(
        (
            # standards and model numbers: GB/T 22900-2009, ZYNQ-7000
            rf"(?<![A-Za-z])(?:{_STANDARDS})(?:/[A-Z]+)?[\s-]?\d[\d.]*[A-Za-z]?(?:[-:]\d+)*(?![\d%])",
            r"(?<![A-Za-z])[A-Z][A-Za-z]{0,8}[A-Z][A-Za-z]{0,8}-\d[A-Za-z0-9-]*",
            # technology readiness, as a requirement of its own elsewhere in the record
            r"(?:TRL|成熟度)[^\d，。;\n]{0,8}\d\d?(?:\s?[-~至到]\s?\d)?\s?级?",
            # dates, years, times of day, ratios
            r"(?<![\d.])(?:19|20)\d\d(?:\s?年?\s?[-~—至到]\s?(?:19|20)?\d\d)?\s?年(?:度|初|底"
            r"|末|代)?"
            r"(?:\s?\d{1,2}\s?月份?)?(?:\s?\d{1,2}\s?[日号])?",
            r"(?<![\d.])(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])(?:[-/.][0-3]?\d)?(?![\d.%])",
            r"(?<![\d.])(?:19|20)\d\d-(?:19|20)\d\d(?!\d)",
            r"(?<![\d.$])(?:19|20)\d\d'?s(?![A-Za-z])",
            r"(?<!\d)\d{1,2}\s?月(?:\s?\d{1,2}\s?[日号])?",
            r"(?<!\d)\d+:\d+(?::\d+)*(?!\d)",
            # telephone and patent numbers, citations, addresses on the web
            r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-\d{4}[\s-]?\d{3,4}(?!\d)",
            r"\+\d{2}[\s-]?\d{3}[\s\d-]{5,}\d|\(\d{3}\)\s?\d{3}-\d{4}",
            r"(?<![A-Za-z])(?:ZL|CN|US|EP|WO|JP|PCT)[/\s]?[A-Z]{0,2}\d{5,}[\d.]*[A-Z]?\d?",
            r"(?<![A-Za-z\d.])[1-4](?:\.5)?D(?![A-Za-z])|(?<![A-Z])U\.\s?S\.(?:\s?[A-Z]\.?)*"
            r"|(?<!\d)\d{1,3}\s(?=U\.S)",
            r"\[\d+(?:\s?[,，~-]\s?\d+)*\]",
            r"https?://\S+|www\.\S+|(?<![\w.-])[\w.-]{1,64}@[\w-]{1,64}\.[\w.-]{0,64}[A-Za-z]"
            r"|(?<![\d.])[248]K(?=\s?(?:@|视频|高清|超高清|分辨率|显示|video|display))|(?<=分辨率)[248]K",
            # numbering: 1. (2) 3) 第4章 图5 Table 6 3.2.1
            r"(?:^|(?<=[\n。;；，,:]))[ \t]*\(?\d{1,2}(?:[)、．]|\.(?!\d))",
            r"(?<!\d)\d+s(?=\sof\s)",
            r"\(\d{1,2}\)|[①-⑳⑴-⒇]",
            r"(?<=[\s;；，。:])\d{1,2}[)](?=\s?[^\s\d])",
            r"第\s?\d+(?!\s?\d*[%℃])|[图表式]\s?\d+(?:[-.]\d+)*",
            r"(?i:(?<![a-z])(?:fig(?:ure)?|table|eq(?:uation)?|section|sec|phase|type|level|class"
            r"|no|topic|part|step|chapter|version|release|category|task|tier|ref|item|mil-\w+)"
            r"s?\.?\s?#?\d+(?:[-.]\d+)*(?:\s?(?:,|and|or|/|-)\s?\d+)?)(?!\s?[%°℃])",
            r"(?<![\d.])\d+\.\d+\.\d+(?:\.\d+)*(?![\d.])",
        )
    ),
    re.MULTILINE,
)

_SUP = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
_SUP_TO_ASCII = str.maketrans(_SUP, "0123456789-+")
_POWER = (
    rf"(?:\s?\^\s?(?:[({{]\s?([-+]?\d{{1,3}})\s?[)}}]|([-+]?\d{{1,3}}))|([⁻⁺]?[{_SUP[:10]}]+)"
    rf"|\s?的([-负]?\d{{1,3}})次方"
)
#: mantissa, then "×10^6" or "e6", or a bare power of ten; then 万, 亿, million.
NUMBER = re.compile(
    r"(?P<percent>百分之)?(?P<sign>[-+]\s?(?=[\d.]))?"
    rf"(?:(?P<bare>10){_POWER})"
    r"|(?P<mantissa>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<!\d)\.\d+)"
    rf"(?:\s?[×xX*·]\s?10{_POWER}|(-\d{{1,2}}|\+\d{{1,2}}))|[eE]([-+]?\d{{1,3}})(?![\w.]))?)"
    r"(?:\s?(?P<scale>万亿|千亿|百亿|十亿|亿|千万|百万|十万|万"
    r"|千(?![克米瓦伏安帕赫牛焦卡欧乏字比巴])"
    r"|(?:million|billion|trillion|thousand)(?![a-z])|k(?=\s?(?:次|cycle|rpm|r/min))))?"
)
_SCALES = {
    "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9,
    "百亿": 1e10, "千亿": 1e11, "万亿": 1e12, "k": 1e3,
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
#: What may stand in front of a number that is a value: no letter, digit, slash or model dash.
_BEFORE = re.compile(r"(?:[A-Za-zαβ0-9_./\\#$￥¥ʼ'^]|[A-Za-z0-9)\]]-|(?<=\d),)$")
_ALLOWED_BEFORE = re.compile(r"(?:Ra|Rz|Φ|φ|pH|to|≤|≥|[A-Za-z]:)$")


@dataclass(frozen=True)
class Number:
    """A number at an offset; ``raw`` is how it is written, ``scale`` its 万 or million."""

    start: int
    end: int
    value: float
    raw: str
    scale: str
    is_percent: bool
    is_signed: bool

    def scaled_like(self, scale: str) -> Number:
        """Return the number with the multiplier that a range writes only once (5~10万)."""
        if self.scale or not scale:
            return self
        return Number(
            self.start, self.end, self.value * _SCALES[scale], self.raw + scale, scale,
            self.is_percent, self.is_signed,
        )  # fmt: skip


def fold(text: str) -> str:
    """Return the text in half width, character for character, so that offsets keep their place."""
    return text.translate(_FOLD)


def mask(folded: str) -> str:
    """Blank out dates, standards, numbering and the like, every offset kept."""
    masked = _NOT_VALUES.sub(lambda m: MASK * len(m.group()), folded)
    return masked.replace("+/-", "±  ").replace("+-", "± ") if "+" in masked else masked


def number_at(text: str, at: int) -> Number | None:
    """Return the number that starts at ``at``, or None when none does or it is beyond a float."""
    match = NUMBER.match(text, at)
    if match is None:
        return None
    groups = match.groups()
    power = next((g for g in (*groups[3:7], *groups[8:14]) if g), "0")
    exponent = int(power.translate(_SUP_TO_ASCII).replace("负", "-"))
    if abs(exponent) > 99:
        return None
    mantissa = 1.0 if match["bare"] else float(match["mantissa"].replace(",", ""))
    scale = match["scale"] or ""
    value = mantissa * 10.0**exponent * _SCALES.get(scale, 1.0)
    if not math.isfinite(value):
        return None
    sign = (match["sign"] or "").strip()
    raw = match.group().removeprefix("百分之")
    return Number(
        match.start(), match.end(), -value if sign == "-" else value, raw, scale,
        bool(match["percent"]), bool(sign),
    )  # fmt: skip


def stands_alone(text: str, at: int) -> bool:
    """Say whether a number at ``at`` is a value rather than a piece of a name, code or fraction."""
    before = text[max(0, at - 3) : at]
    return not _BEFORE.search(before) or bool(_ALLOWED_BEFORE.search(before))
