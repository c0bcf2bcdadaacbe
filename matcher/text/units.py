"""Units of measure as they are written in Chinese and English, read once and converted by pint."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from matcher.errors import InputError
from matcher.taxonomy import data_path

if TYPE_CHECKING:
    import pint

_PREFIX_ZH = {
    "f": "飞", "p": "皮", "n": "纳", "μ": "微", "m": "毫", "c": "厘", "d": "分",
    "h": "百", "k": "千", "M": "兆", "G": "吉", "T": "太",
}  # fmt: skip
_PREFIX_EN = {
    "f": "femto", "p": "pico", "n": "nano", "μ": "micro", "m": "milli", "c": "centi",
    "d": "deci", "h": "hecto", "k": "kilo", "K": "kilo", "M": "mega", "G": "giga",
    "T": "tera", "P": "peta",
}  # fmt: skip
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_EXPONENT = (
    r"(?:\^\s?(?:[({][-+]?\d[)}]|[-+]?\d)|[⁻⁺]?[¹²³⁴⁵⁶]"
    r"|-[1-4](?![\d.])(?!\s?[A-Za-zμ%℃°]+(?![A-Za-z\d^⁻-]))|(?<=m)[23](?![\d.])|(?<=yd|ft)[23](?![\d.])|(?<=/s)2(?![\d.]))"
)
_TOKEN = re.compile(r"(?P<slash>/|每|\bper\b)|(?P<number>\d+)|(?P<skip>[\s()·.*-]+)")
# Longer words that begin with a unit: 3种元素 is not three yuan.
_NOT_UNIT = (
    r"(?![A-Za-zΩμ])(?!(?<=元)[件素器音宇组])(?!(?<=安)[全装防])(?!(?<=次)[要级声品氯])"
    r"(?!(?<=点)[阵胶云])(?!(?<=天)[线然])(?!(?<=级)别)(?!(?<=人)[工机脸体员])(?!(?<=线)[程性])"
    r"(?!(?<=时)[间延])(?!(?<=位)[置于移点])(?!(?<=度)[量])(?!(?<=年)[代度])(?!(?<=方)[法面向案])"
)


@dataclass(frozen=True)
class Unit:
    """One unit as written: ``base = value * factor + offset``.

    ``dimension`` is pint's dimensionality string, "" for a pure count; ``symbol`` is for display.
    """

    symbol: str
    dimension: str
    factor: float
    offset: float


def trie_pattern(words: Iterable[str]) -> str:
    """Return a regular expression that matches the longest of ``words`` (a prefix tree)."""
    root: dict[str, dict[str, object]] = {}
    for word in words:
        node = root
        for ch in word:
            node = node.setdefault(ch, {})  # type: ignore[assignment]
        node[""] = {}

    def render(node: Mapping[str, object]) -> str:
        parts = [
            re.escape(ch) + render(child)  # type: ignore[arg-type]
            for ch, child in sorted(node.items())
            if ch
        ]
        if not parts:
            return ""
        body = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
        return f"(?:{body})?" if "" in node else body

    return render(root)


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table under ``data/taxonomy``; raises InputError when it is missing."""
    try:
        with data_path("taxonomy", f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise InputError(
            f"找不到分类表 {name}.csv，请重新安装 alleymatch 或恢复 data/taxonomy 文件夹。",
            f"The table {name}.csv is missing: reinstall alleymatch or restore data/taxonomy.",
        ) from None


@cache
def registry() -> pint.UnitRegistry[float]:
    """Return the registry, with what pint counts as plain numbers made real dimensions."""
    import pint

    ureg: pint.UnitRegistry[float] = pint.UnitRegistry(cache_folder=None)
    for name, dimension in (
        ("plane_degree", "angle"),
        ("data_bit", "data"),
        ("pixel_point", "image"),
        ("yuan", "currency"),
        ("dollar", "foreign_currency"),
    ):
        ureg.define(f"{name} = [{dimension}]")
    ureg.define("data_byte = 8 * data_bit")
    for row in read_table("units"):
        if row["unit"].startswith("scale_"):
            ureg.define(f"{row['unit']} = [{row['unit'][6:]}]")
    return ureg


@dataclass(frozen=True)
class _Atom:
    expression: str
    symbol: str
    alone: bool

    @property
    def as_written(self) -> bool:
        """Counted things and long times have no symbol of their own: 5000 笔, 10 年, 10 years."""
        return self.expression in ("count", "day", "week", "month", "year")


def _atoms_of(row: Mapping[str, str]) -> Iterable[tuple[str, _Atom]]:
    unit, symbol, alone = row["unit"], row["symbol"], row["place"] != "compound"
    zh, en = row["zh"].split("|"), row["en"].split("|")
    yield symbol, _Atom(unit, symbol, alone)
    for name in (*zh, *en, *(n + "s" for n in en if n)):
        yield name, _Atom(unit, symbol, alone or name.isascii())
    for prefix in filter(None, row["prefixes"].split("|")):
        word = _PREFIX_EN[prefix]
        atom = _Atom(f"{word}{unit}", prefix + symbol, True)
        spellings = [prefix + symbol]
        if prefix == "μ":
            spellings.append("u" + symbol)
        spellings += [_PREFIX_ZH[prefix] + n for n in zh if n and prefix in _PREFIX_ZH]
        spellings += [word + n + s for n in en if n for s in ("", "s")]
        if not unit.isidentifier():  # "data_bit/second" takes no prefix of its own
            atom = _Atom(f"{word}count*{unit}", prefix + symbol, True)
        yield from ((name, atom) for name in spellings)
    for name in filter(None, row["also"].split("|")):
        spelling, _, expression = name.partition(":")
        yield spelling, _Atom(expression or unit, spelling if expression else symbol, True)


@cache
def _atoms() -> Mapping[str, tuple[_Atom, ...]]:
    found: dict[str, list[_Atom]] = {}
    for row in read_table("units"):
        for spelling, atom in _atoms_of(row):
            known = found.setdefault(spelling, []) if spelling else []
            if all(atom.expression != other.expression for other in known):
                known.append(atom)
    return MappingProxyType({name: tuple(atoms) for name, atoms in found.items()})


@cache
def unit_pattern() -> re.Pattern[str]:
    """Return the pattern of a unit as written after a number, compound units included."""
    atom = f"(?:{trie_pattern(_atoms())})"
    one = f"(?:{atom}{_EXPONENT}?)"
    times = r"(?:\s?[·*]\s?|(?<=[²³¹])\s?)"
    many = rf"{one}(?:{times}{one})*"
    below = rf"(?:\d{{1,4}}\s?(?=[hdgkmsL天小年分]))?{one}(?:{times}(?:\d{{1,3}}\s?)?{one})*"
    slash = rf"(?:\s?/\s?|\s?每|\s+per\s+)(?:\({below}(?:\s{one})*\)|{below})"
    spaced = rf"\s{atom}(?:\^\s?(?:[({{]-\d[)}}]|-\d)|⁻[¹²³⁴]|-[1-4](?![\d.]))"
    return re.compile(f"{many}(?:{slash}|{spaced})*{_NOT_UNIT}")


@cache
def _longest() -> re.Pattern[str]:
    return re.compile(trie_pattern(_atoms()))


@lru_cache(maxsize=8192)
def parse_unit(written: str) -> tuple[Unit, ...]:
    """Return the units that ``written`` can mean, most likely first; () when it is none.

    After a slash everything divides: W/m·K is W/(m·K), as data sheets write it.
    """
    atoms, readings, sign, at = _atoms(), [("", "")], 1, 0
    longest = _longest()
    exponent = re.compile(_EXPONENT)
    count = 0
    while at < len(written):
        match = longest.match(written, at)
        token = _TOKEN.match(written, at)
        if match and match.group() and not (token and token["slash"]):
            at = match.end()
            power = exponent.match(written, at)
            raised = 1
            if power:
                at = power.end()
                digits = power.group().translate(_SUPERSCRIPT)
                raised = int(re.sub(r"[^\d+-]", "", digits))
            count += 1
            readings = [
                (f"{done}*({atom.expression})**({sign * raised})", atom.symbol)
                for done, _ in readings
                for atom in atoms[match.group()]
            ][:6]
        elif token:
            at = token.end()
            if token["slash"]:
                sign = -1
            elif token["number"]:
                readings = [(f"{done}*{token.group()}**({sign})", sym) for done, sym in readings]
        else:
            return ()
    if count == 1 and written in atoms:
        singles = [atom for atom in atoms[written] if atom.alone]
        return tuple(
            unit
            for atom in singles
            if (unit := _convert(atom.expression, written if atom.as_written else atom.symbol))
        )
    expressions = [_delta(done[1:]) for done, _ in readings]
    return tuple(unit for each in expressions if (unit := _convert(each, written)))


def dimension_of(written: str) -> str:
    """Return the dimension of a pint expression or a unit as written in the tables."""
    if written == "1":
        return ""
    if written.startswith(("delta_", "scale_")):
        return "[temperature]" if written.startswith("delta_") else f"[{written[6:]}]"
    known = (*parse_unit(written), _convert(written, written))
    if known[0] is None:
        raise InputError(
            f"quantities.csv 里的单位 {written} 无法识别，请改用 units.csv 中的写法。",
            f"quantities.csv names the unit {written}, which units.csv does not know: use a unit"
            " from that table.",
        )
    return known[0].dimension


def _delta(expression: str) -> str:
    return re.sub(r"\b(deg[CF])\b", r"delta_\1", expression)


@lru_cache(maxsize=8192)
def _convert(expression: str, symbol: str) -> Unit | None:
    ureg = registry()
    try:
        if expression in ("degC", "degF"):
            zero = ureg.Quantity(0.0, expression).to_base_units()
            one = ureg.Quantity(1.0, expression).to_base_units()
        else:
            one = ureg.Quantity(1.0, "") * ureg.parse_expression(expression)
            one = one.to_base_units()
            zero = 0 * one
    except Exception:
        # pint raises many kinds, some of them plain AttributeError: not a unit it knows.
        return None
    counts = "count" in expression and "percent" not in expression
    dimension = str(one.dimensionality)
    if dimension == "dimensionless" and (counts or expression in ("1", "")):
        dimension = ""
    return Unit(
        symbol,
        dimension,
        float(one.magnitude - zero.magnitude),
        float(zero.magnitude),
    )
