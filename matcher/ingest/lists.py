"""Read lists, values of closed lists, readiness levels and counts from a cell."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from matcher import taxonomy
from matcher.ingest.values import CellProblem, as_text, chinese_number, is_nothing, plain

_SEPARATORS = "、，,;；/|\n"
_SPLIT = re.compile(f"[{_SEPARATORS}]")
# In free text a slash inside GB/T, DC/DC or I/O belongs to the word.
_SPLIT_FREE = re.compile(r"[、，,;；|\n]|(?<![A-Za-z0-9])/|/(?![A-Za-z0-9])")
_NUMBERING = re.compile(r"(?:(?:^|(?<=[\s；;，,。、]))[（(]?\d{1,2}[）)、.．](?!\d)|[①-⑳])\s*")
TICKED, _UNTICKED = "☑✓✔√■☒●◉", "□☐○◯"
BOXES = TICKED + _UNTICKED
_BOX = re.compile(f"([{BOXES}])([^{BOXES}]*)")
_BOX_AFTER = re.compile(f"([^{BOXES}]*)([{BOXES}])")
_ANY = re.compile(r"不限|均可|都可以?|面议|皆可|无要求|待定|any|all|negotiable")
_NO_WISH = re.compile(
    r"(?:暂|均|目前)*(?:无|没有|不限|不作|不做)(?:特殊|特别)?(?:要求|限制|限定|规定)?"
    r"(?:需?要?(?:排除|回避|不合作)的?)?(?:单位|企业|机构|对象)?|any|all|none|unlimited"
    r"|no(?:ne|limit|restriction|requirement|preference)s?"
)
_PLACE_WORDS = re.compile(
    r"地区|地域|区域|范围内?|省份|省市|城市|各地|合作|均可以?|皆可|都可以?|即可|regions?|areas?"
)
_ANYWHERE = re.compile(
    r"不限.*|(?:面向|在)?(?:全国|全中国|国内|国内外|海内外|全球|全世界|世界|中国)|任意|任何|所有"
    r"|anywhere|nationwide|worldwide|global|china"
)


def ticked(text: str) -> str:
    """Return the chosen options of a form with check boxes, one a line; other text unchanged.

    An option whose box is empty (□) is left out; so is everything if no box is ticked.
    """
    after = _BOX_AFTER.findall(text)
    # 是☑ 否□: the box stands behind its option.
    if after and text[-1] in BOXES and all(option.strip() for option, _ in after):
        return "\n".join(option.strip(" _\n\t　") for option, box in after if box in TICKED)
    boxes = _BOX.findall(text)
    if not boxes or not any(option.strip() for _, option in boxes):
        return text
    return "\n".join(option.strip(" _\t　") for box, option in boxes if box in TICKED)


def split_text(value: Any) -> tuple[str, ...]:
    """Return the items of a free list such as keywords, without repeats, in order.

    Splits on 、，,;；/| and line ends, and on spaces where a Chinese text has nothing else.
    """
    text = as_text(value)
    if isinstance(value, list):
        given = map(as_text, value)
        return tuple(dict.fromkeys(item for item in given if not is_nothing(item)))
    parts = _SPLIT_FREE.split(_unnumbered(ticked(text)))
    if len(parts) == 1 and len(words := text.split()) > 1 and all(map(_is_chinese, words)):
        parts = words
    items = (part.strip(" \t　。.;；") for part in parts)
    return tuple(dict.fromkeys(item for item in items if not is_nothing(item)))


def split_list(text: str) -> list[str]:
    """Return the items of a list of closed values: the ticked ones of a form, without numbering."""
    return _SPLIT.split(_unnumbered(ticked(text)))


def split_regions(value: Any) -> tuple[str, ...]:
    """Return the regions that a cell names, none if it says 不限, 全国 or the like anywhere."""
    items = split_text(value)
    return () if any(map(_is_anywhere, items)) else items


def split_exclusions(value: Any) -> tuple[str, ...]:
    """Return the organisations that a cell names; 无, 不限 or 无要求 names none."""
    return tuple(item for item in split_text(value) if not _NO_WISH.fullmatch(taxonomy.fold(item)))


def _is_anywhere(item: str) -> bool:
    text = taxonomy.fold(item)
    bare = _PLACE_WORDS.sub("", text)
    return not bare or any(p.fullmatch(t) for p in (_NO_WISH, _ANYWHERE) for t in (text, bare))


def _unnumbered(text: str) -> str:
    return _NUMBERING.sub("\n", text)


def parse_codes(value: Any, table: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the codes that a cell names in a closed list, and the items that it does not know."""
    text = as_text(value)
    if whole := taxonomy.code_of(table, text):
        return (whole,), ()
    if _ANY.fullmatch(plain(text)):
        return (), ()
    codes: dict[str, None] = {}
    unknown = []
    for part in value if isinstance(value, list) else split_list(text):
        item = as_text(part)
        if is_nothing(item) or _ANY.fullmatch(plain(item)):
            continue
        without_note = re.sub(r"[（(][^（）()]*[）)]", "", item)
        code = taxonomy.code_of(table, item) or taxonomy.code_of(table, without_note)
        if code:
            codes[code] = None
        else:
            unknown.append(item)
    return tuple(codes), tuple(unknown)


def parse_code(value: Any, table: str) -> str | None:
    """Return the one code that a cell names in a closed list, None where nothing is ticked.

    Raises CellProblem if the value is unknown or names several.
    """
    codes, unknown = parse_codes(value, table)
    if unknown or len(codes) > 1:
        raise not_listed(table)
    return codes[0] if codes else None


def not_listed(table: str) -> CellProblem:
    """Return the problem of a value outside a closed list, with the values that may be used."""
    zh = "、".join(term.zh for term in taxonomy.terms(table).values())
    en = ", ".join(term.en for term in taxonomy.terms(table).values())
    return CellProblem(
        f"不在可选值中，未采用；可填：{zh}。",
        f"This is not one of the known values and was not used; use: {en}.",
    )


def parse_trl(value: Any) -> int | None:
    """Return a technology readiness level, 1 to 9.

    Of a range (``TRL 4-6``, ``小试/中试``) the lower end is taken, for a need because it is the
    least that is asked for, for a capability because it is the least that is claimed. Names and
    synonyms come from the table ``trl``. Raises CellProblem for anything else.
    """
    if isinstance(value, date):
        raise CellProblem(
            "Excel 已把成熟度变成日期，已留空；请把单元格设为文本后写成“TRL4”。",
            "The spreadsheet has turned the level into a date, which was left empty: format the "
            "cell as text and write TRL4.",
        )
    shown = ticked(as_text(value))
    text = plain(shown)
    if _ANY.fullmatch(text):
        return None
    match = re.fullmatch(
        r"(?:技术成熟度|成熟度|等级|level|不低于|至少|[>≥]=?|约)*(?:trl)?[-:=≥>]*(?:不低于|至少)?第?"
        r"(?:(?P<digits>\d+)(?:\.0+)?|(?P<numeral>[一二三四五六七八九十]))级?"
        r"(?:[-~—–至到]+(?:trl)?[-]?\d+级?)?(?:\(.*\)|[以及]*上|\+|[-:,、].*|[^\d级].*)?",
        text,
    )
    if match and not re.match(r"\d+\.\d*[1-9]", text):
        level = int(match["digits"]) if match["digits"] else chinese_number(match["numeral"]) or 0
        if 1 <= level <= 9:
            return level
        raise _not_a_level()
    levels = [_named_level(part) for part in _SPLIT.split(shown) if part.strip()]
    known = [level for level in levels if level is not None]
    if not known or len(known) < len(levels):
        raise _not_a_level()
    return min(known)


def _named_level(text: str) -> int | None:
    text = re.sub(r"^(处于|已|目前|正在|进入|完成)+|(左右|以上|及以上)$", "", text.strip())
    for name in (text, text.removesuffix("阶段"), re.sub(r"[（(].*", "", text)):
        if name and (code := taxonomy.code_of("trl", name)) and name.strip():
            return int(code)
    return None


def _not_a_level() -> CellProblem:
    return CellProblem(
        "不是 1 至 9 级的技术成熟度，已留空；请写成“TRL6”“6级”或“中试”。",
        "This is not a readiness level from 1 to 9 and was left empty: write TRL6, 6 or 中试.",
    )


def parse_count(value: Any) -> int | None:
    """Return a whole number such as 3 or 3个, None for 不限. Raises CellProblem otherwise."""
    text = plain(as_text(value))
    if _ANY.fullmatch(text):
        return None
    if match := re.fullmatch(r"(\d{1,6})(?:个|项|家|项目|projects?)?", text):
        return int(match[1])
    raise CellProblem(
        "不是整数，已留空；请只写数字，如“3”。",
        "This is not a whole number and was left empty: write a number only, such as 3.",
    )


def _is_chinese(word: str) -> bool:
    return any("\u4e00" <= ch <= "\u9fff" for ch in word)
