"""The names that an owner goes by: in full, without its legal form, its place, its trade."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from matcher import taxonomy
from matcher.export.mask import BRACKET
from matcher.records import Capability, Offer, Organisation
from matcher.text.places import CITIES, PLACES

_LEGAL = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团公司|总公司|公司|集团|控股"
    r"|[(（](?:有限合伙|普通合伙|特殊普通合伙)[)）]"
    r"|[\s,，.]*\b(?:co|company|ltd|limited|inc|incorporated|corp|corporation|gmbh|llc|plc|ag|bv"
    r"|s\.?a|pty|holdings?|group)\b[.]*)\s*$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"[(（][^)）]*[)）]")
_PLACE = re.compile(
    rf"(?:某|(?:{PLACES}|{CITIES})(?:省|市)?|[\u4e00-\u9fff]{{1,7}}?(?:自治区|自治州|新区|高新区|省|市|区|县)"
    r"|(?:china|shaanxi|xi[’' ]?an|beijing|shanghai|shenzhen|guangzhou|suzhou|wuhan|chengdu)\b)\s*",
    re.IGNORECASE,
)
#: What a firm does, not who it is. Longer words first, so that 新材料 does not leave 新.
_TRADE = (
    "人工智能|精细化工|新材料|新能源|微电子|半导体|自动化|机器人|高科技|高新技术|技术|科技|电子|材料|"
    "实业|工业|产业|发展|开发|制造|服务|咨询|贸易|商贸|工程|设备|仪器|装备|机械|系统|信息|智能|光电|"
    "激光|精密|机电|电气|能源|环保|环境|生物|医药|医疗|制药|化工|通信|网络|软件|数据|航空|航天|动力|"
    "检测|测试|研究|创新|应用|中试|试验|制品|新型|先进|"
    "technologies|technology|tech|electronics|electronic|materials|industries|industrial|"
    "industry|engineering|development|manufacturing|services|solutions|systems|equipment|"
    "instruments|international"
)
_TRADE_END = re.compile(rf"[\s,，&]*(?:{_TRADE})$", re.IGNORECASE)
_TRADE_ONLY = re.compile(rf"(?:{_TRADE})+")
_INNER_TRADE = re.compile(rf"(?:{_TRADE})", re.IGNORECASE)
_BODIES = (
    "研究院|研究所|研究中心|实验室|大学|学院|中心|医院|基地|平台|university|institute|laboratory"
)
#: What a firm makes stands behind its place as often as a name does: 黄山轴承, 朝阳电源.
_PRODUCTS = frozenset(
    "轴承 电源 电池 锂电 电机 阀门 泵业 水泵 电缆 线缆 钢铁 钢管 玻璃 陶瓷 塑料 橡胶 涂料 油漆 "
    "食品 饲料 种业 茶叶 水泥 铝业 铜业 模具 刀具 工具 汽车 船舶 重工 农业 林业 牧业 渔业 纺织 "
    "服装 染料 造纸 包装 印刷 家具 家电 照明 灯具 仪表 传感 芯片 集成 电路 开关 风电 光伏 储能 "
    "氢能 水务 燃气 热力 矿业 煤业 石化 石油 化学 肥业 农药 乳业 酒业 肉业 物流 港口 "
    "液压 气动 密封 紧固 弹簧 齿轮 螺栓 泵阀 铸造 铸件 精铸 锻造 锻件 冲压 焊接 注塑 数控 机床 "
    "真空 压缩 减速 变压 起重 制冷 换热 过滤 润滑 粉末 磁性 永磁 石墨 稀土 金属 合金 特钢 不锈 "
    "耐火 航电 电驱 电解 甲烷 触觉 轨道".split()
)
#: Goods alone are nobody's name, wherever made: 密封件, 液压密封件. Atomic, as in _field_words.
_GOODS = re.compile(rf"(?>{'|'.join(sorted(_PRODUCTS))}|{_TRADE})+[件器机品]?")
#: What begins many a name and says of nobody's goods whose they are: 高强紧固件, 第一机床.
_COMMON = frozenset(
    "高强 高压 高能 超高 特种 标准 非标 通用 专用 大型 小型 微型 重型 轻型 新式 第一 第二 第三 "
    "国际 国家 全国 城市 联合 中央 交通 机场 空港 公共".split()
)
#: What a name of two characters is introduced by.
_CALLED = ("简称", "简称为")
_OWN = ("我司", "我公司", "我厂", "本公司", "需求方")
_INTRODUCED = (*_CALLED, *_OWN)
#: The example firms' 示例 stands where others have their place.
_EXAMPLE = "示例"
#: Characters of a brand, of a brand with the stem of its trade, of the longest brand tried.
_BRAND, _STEM, _LONGEST = 2, 4, 6
_TABLES = ("fields", "quantities", "capability_kinds", "organisation_kinds")
_HAN, _WORD = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"\b[A-Z][A-Za-z]{3,}")


def names_of(record: Offer) -> tuple[str, ...]:
    """Return what names a record's owner, folded; the longest first, to be masked as one."""
    if record.organisation is None:
        return ()
    references = record.ip_references if isinstance(record, Capability) else ()
    return longest_first(
        (*owner_names(record.organisation), *(taxonomy.fold(name) for name in references))
    )


def owner_names(owner: Organisation) -> tuple[str, ...]:
    """Return what names an organisation, folded; the longest first, to be masked as one.

    A name in brackets or quotation marks keeps them, as ``mask.BRACKET``.
    """
    host = re.sub(r"^\w+://(?:www\.)?|^www\.|/.*$", "", owner.website or "")
    spoken = (owner.name, *owner.aliases, owner.parent or "")
    names = {*spoken, owner.credit_code or "", host, *(s for n in spoken for s in _short(n))}
    quoted = {own for name in spoken for own in _quoted(name)}
    return longest_first((*map(taxonomy.fold, names), *quoted))


def longest_first(folded: Iterable[str]) -> tuple[str, ...]:
    """Return the names without doubles and single characters, in the order to mask them in."""
    return tuple(sorted({n for n in folded if len(n) > 1}, key=lambda n: (-len(n), n)))


def _short(name: str) -> Iterator[str]:
    """Yield the shorter forms of a name that still point to one owner."""
    for form in {name.strip(), _BRACKETED.sub("", name).strip()}:
        stem = _without(_LEGAL, form)
        bare = _without_place(stem)
        # 星海精密轴承 is spoken of as 星海轴承, without what it does to its goods.
        spoken = bare[:2] + _INNER_TRADE.sub("", bare[2:]) if _HAN.match(bare) else bare
        for start in {stem, bare, spoken, _behind_a_place(bare)}:
            shorter = start
            while _telling(shorter):
                yield shorter
                if (shorter := _TRADE_END.sub("", shorter)) == start:
                    break
                start = shorter
            if _is_brand(shorter):
                # 海晏 alone may be a word of the text, 海晏公司 and 简称海晏 are nobody else.
                yield from (shorter + end for end in ("公司", "集团", "厂"))
                yield from (start + shorter for start in _INTRODUCED)
    yield from _clipped(name)


def _clipped(name: str) -> Iterator[str]:
    """Yield what a firm is called for short: 江北密封, 江北公司 and 简称江北 of 上海江北密封件."""
    front, core = _parts(name)
    # 江北密封 of 江北密封件: one or two characters cut off leave a brand and its trade.
    stems = range(max(_STEM, len(core) - 2), len(core) + 1) if len(core) > _STEM else ()
    brands = _brands(core)
    for said in (*(core[:end] for end in stems), *(brand + "公司" for brand in brands)):
        yield from (said, front + said)
    yield from (start + brand for brand in brands for start in _CALLED)


def _quoted(name: str) -> Iterator[str]:
    """Yield 我公司（江北）: without the brackets it might be the beginning of any sentence."""
    for brand in _brands(_parts(name)[1]):
        yield from (own + BRACKET + brand + BRACKET for own in _OWN)


def _brands(core: str) -> list[str]:
    """Return every beginning of a name that 公司, 简称 or brackets make one: 江北, 江北密, …"""
    return [core[:end] for end in range(_BRAND, min(len(core), _LONGEST) + 1)]


def _parts(name: str) -> tuple[str, str]:
    """Return a firm's place and its name without place and general trade; the name may be ""."""
    form = _BRACKETED.sub("", name).strip()
    stem = _without(_LEGAL, form)
    core = _without_place(stem).removeprefix(_EXAMPLE)
    front = stem.removesuffix(core)
    brand = core[:_BRAND]
    # 第一人民医院 is no firm; two characters with nothing behind them may be all of a trade.
    if stem == form or len(core) < _STEM or not _is_brand(brand) or brand in _COMMON:
        return front, ""
    core = brand + _without(_TRADE_END, core[_BRAND:])
    return front, "" if _HAN.sub("", core) else core


def _without_place(name: str) -> str:
    while (place := _PLACE.match(name)) and place.end() < len(name):
        name = name[place.end() :]
    return name


def _behind_a_place(name: str) -> str:
    """Return what may stand behind a place that is in no list: 宁川赛科电子 → 赛科电子, else ""."""
    brand, trade = name[2:4], name[4:]
    likely = _TRADE_ONLY.fullmatch(trade) and _is_brand(brand) and _is_brand(name[:2])
    return brand + trade if likely else ""


def _is_brand(name: str) -> bool:
    """Whether two characters are a name rather than words of a trade."""
    han = len(name) == 2 and not _HAN.sub("", name)
    return han and name not in _PRODUCTS and not _is_field_word(name)


def _without(ending: re.Pattern[str], text: str) -> str:
    while (cut := ending.sub("", text)) != text:
        text = cut
    return text


def _telling(name: str) -> bool:
    """Whether a name is long enough and more than words of a field: those are technical terms."""
    if len(_HAN.findall(name)) < 3 and not _WORD.search(name):
        return False
    return not (_is_field_word(name) or _GOODS.fullmatch(name))


def _is_field_word(name: str) -> bool:
    return _field_words().fullmatch(taxonomy.fold(name)) is not None


@taxonomy.made_from_terms
def _field_words() -> re.Pattern[str]:
    names = {n for table in _TABLES for term in taxonomy.terms(table).values() for n in term.names}
    parts = {part for name in names for part in re.split(r"[与和及、/,&\s_]+|\band\b", name)}
    words = {taxonomy.fold(word) for word in (*names, *parts, *f"{_TRADE}|{_BODIES}".split("|"))}
    places = set(PLACES.split("|"))
    ordered = sorted((words | places) - {""}, key=lambda word: (-len(word), word))
    # Atomic, so that a name made to be cut in a thousand ways takes no time.
    return re.compile("(?>" + "|".join(map(re.escape, ordered)) + ")+")
