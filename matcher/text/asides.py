"""What a need says beside its problem: budget, deadline, regions and whom to ask.

``matcher.ingest.prose`` reads the first three; a sentence that holds nothing else is no part of
what is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from matcher.text.letters import is_courtesy
from matcher.text.places import PLACES
from matcher.traces import find_traces

_NUMBER = r"(?:\d[\d,.]{0,15}|[一二两三四五六七八九十百千零〇]{1,8})"
_LARGE = r"(?:亿|千万|百万|十万|万)"
_SCALE = r"(?:亿|千万|百万|十万|万|千|w(?![a-z])|million|mln)?\s{0,3}(?:元|圆)?"
_BOUND = (
    r"(?:不超过|不高于|不低于|不少于|最多|最高|至多|至少|约|大约|大概|人民币"
    r"|rmb|cny|¥|up to|at least|≤|≥)"
)
_TO = r"(?:-|~|～|—|–|至|到)"
_WITHIN = r"(?:以内|以下|之内|左右)"
#: A large amount with a limit: what is spoken of is what may be spent, not what something cost.
_LIMITED = (
    rf"(?=(?:{_BOUND}\s?){{0,2}}{_NUMBER}\s?{_LARGE}\s?[元圆]?\s?{_WITHIN}"
    rf"|(?:不超过|不高于|最多|至多)\s?{_NUMBER}\s?{_LARGE})"
)
_SOFTLY = r"(?:整体|总体|最好|希望|尽量|需要?|要|能|应|大概){0,3}"
_NO_HAN_BEFORE = r"(?<![\u4e00-\u9fff])"
_ANNOUNCED = (
    r"(?:预算|经费|(?:拟|计划|预计)?投入(?:资金|经费|金额)?|悬赏(?:金额)?|奖金|budget"
    r"|(?:愿意?|准备|打算|拟|计划|可以?|最多)(?:出资|出钱)|出钱)"
    r"(?:金额|资金|经费|总额|额度|上限|范围)?\s{0,3}(?:[:：]|为|是|控制在|限制在|在|of|is)?\s{0,3}"
)
_OFFERING = (
    r"(?:我们?|我[司方厂]|公司|目前|初步|暂定|大概|大约|差不多|约|计划|预计|准备|打算|愿意?|可以?|能够?"
    r"|拿得?出|出|投入|安排|有|在|是|为)"
)
#: 预算方面，我们可以拿出60万到80万元: only of a large amount or one in yuan.
_OFFERED = (
    r"(?:(?:预算|经费)(?:金额|资金|总额|额度|上限|范围)?(?:方面|的话|这一?块)?|(?:资金|钱)(?:方面|的话))"
    rf"(?:(?<=方面|的话)[，,:：])?\s?(?:{_OFFERING}\s?){{1,6}}"
    rf"(?=(?:{_BOUND}\s?){{0,2}}{_NUMBER}\s?(?:{_TO}\s?{_NUMBER}\s?)?(?:{_LARGE}|[元圆]))"
)
_SPENT = (
    rf"(?:(?:项目|研发|开发|合作|总)费用|{_NO_HAN_BEFORE}(?:费用|(?:资金|钱)(?:的话|方面|上))"
    rf"(?:的话|方面)?)\s?{_SOFTLY}(?:[:：]|为|是|控制在|限制在|在)?\s?{_LIMITED}"
)
_HELD = (
    rf"(?P<held>{_NO_HAN_BEFORE}{_SOFTLY}(?:控制|限制)在)\s?"
    rf"(?={_NUMBER}\s?{_LARGE}\s?[元圆]\s?(?:以内|以下|之内))"
)
MONEY = re.compile(
    rf"(?:{_ANNOUNCED}|{_OFFERED}|{_SPENT}|{_HELD})"
    rf"(?P<value>(?:{_BOUND}\s{{0,3}}){{0,3}}{_NUMBER}\s{{0,3}}{_SCALE}"
    rf"(?:\s{{0,3}}{_TO}\s{{0,3}}{_NUMBER}\s{{0,3}}{_SCALE})?"
    r"\s{0,3}(?:人民币|rmb|cny|yuan)?\s{0,3}(?:以内|以下|之内|以上|左右|起)?)"
    r"(?P<after>[^，。；,;\n]{0,8})",
    re.IGNORECASE,
)
#: What is held within an amount that is no budget: 单台成本偏高，希望控制在5万元以内.
_OF_A_THING = re.compile(r"成本|单价|售价|造价|价格|产值|营收|收入|利润|投资|[每单][台件套吨个米]")
#: Many of something else: 投入一万小时.
_COUNTED = re.compile(
    r"\s?(?:[台套件个吨米人次项天片只辆公千升平立度亩]|小时|kw|kg)", re.IGNORECASE
)
#: Money that there is not.
_LACKING = re.compile(r"\s?(?:左右)?的?缺口")
_SENTENCE = re.compile(r"[。！？!?\n]")
_MONTH = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九])"
_SPAN = r"(?:年?[底末]|[上下]半年|第?[一二三四1-4]季度)"
_DAY = (
    r"(?:\d{4}\s{0,3}[年/.-]\s{0,3}(?:\d{1,2}\s{0,3}[月/.-]\s{0,3}\d{1,2}\s{0,3}[日号]?"
    rf"|\d{{1,2}}\s{{0,3}}月?份?\s{{0,3}}(?:底|末|[上中下]旬)?|{_MONTH}月份?(?:底|末|[上中下]旬)?|{_SPAN})"
    rf"|(?:[今明]|(?<!今)后)年\s?(?:{_MONTH}\s?月(?:份?(?:底|末|[上中下]旬)?|\s?\d{{1,2}}\s?[日号])|{_SPAN}))"
)
_BEFORE = r"\s{0,3}(?:之前|以前|前)\s{0,3}"
DEADLINE = re.compile(
    r"(?:截止|截至|完成(?:期限|时限|时间|日期)|(?:交付|交货|验收)(?:期限|时间)?|期限|时限|deadline|due)"
    r"(?:时间|日期|date)?\s{0,3}(?:[:：]|为|是|到|至|于|is|by)?\s{0,3}"
    rf"(?P<value>{_DAY})"
    rf"|(?P<before>{_DAY}){_BEFORE}(?:必须|要|须|需|能够?|应|可以?|全部|就){{0,3}}"
    r"(?:完成|交付|交货|解决|提供|验收|投产|落地|结题|安装|装上|装好|装完|上线|投用|用上|做完|做好|做出"
    r"|建成|到货|供货|到位|投入使用)(?![的了过])"
    # 希望明年年底前: a wish, and nothing after it.
    rf"|(?:希望|要求|最好|争取|力争|务必|必须|尽量)(?:赶在|能|在|于){{0,2}}\s?(?P<wished>{_DAY}){_BEFORE}"
    r"(?=[，。；,;、）)\n]|$)",
    re.IGNORECASE,
)
_END_OF = r"\s{0,3}(?:[，。；,;、）)\n]|$)"
_WHERE = (
    rf"(?:(?:{PLACES}|[东西南北中]部|华[东南北中]|[东西][南北]|长三角|珠三角|京津冀|(?:粤港澳)?大湾区|成渝)"
    r"(?:省|市|自治区|地区)?)"
)
_WHERES = rf"{_WHERE}(?:\s{{0,3}}(?:、|和|或者?|及|/)\s{{0,3}}{_WHERE}){{0,8}}"
_PARTNER = (
    r"(?:检测|科研|生产|加工|中试)?(?:单位|合作方|合作伙伴|团队|企业|厂家|厂商|供应商"
    r"|高校|院校|院所|研究所|机构)"
)
_INSIDE = r"(?:省内|市内|境内|范围内|内|的){0,2}"
REGION = re.compile(
    r"(?:意向|合作|期望|希望|优先|要求)(?:合作)?(?:地区|区域|地域|省份)\s{0,3}(?:[:：]|为|是|在|限)\s{0,3}"
    r"(?P<value>[^，。；,;\n]{2,30})"
    # 合作单位最好在浙江; our own firm (我单位) says where it is, not where the partner should be.
    rf"|(?<![我本们]){_PARTNER}(?:最好|优先|希望|尽量|应当?|必须|须|限){{1,3}}(?:选择?|是|位于|来自|在|于){{0,3}}"
    rf"(?P<wished>{_WHERES}){_INSIDE}(?={_END_OF}|{_PARTNER}(?={_END_OF}))"
    # 优先考虑浙江的单位, 浙江省内企业优先
    rf"|(?:优先|最好|希望|尽量)(?:考虑|选择?|找|是|与|和){{0,3}}(?P<first>{_WHERES}){_INSIDE}"
    rf"{_PARTNER}(?={_END_OF}|合作|优先)"
    rf"|(?P<local>{_WHERES}){_INSIDE}{_PARTNER}(?:优先|最好)(?={_END_OF}|考虑)"
)
#: What tells no date that could be compared, and still only when something has to be done.
_UNTIL = (
    rf"(?:{_DAY}|\d{{4}}\s{{0,3}}年|(?:今|明|后)年(?:内|底|初|末|[上下]半年|第?[一二三四]季度)?|年[底内]|尽快"
    r"|[半一二两三四五六七八九十\d]+\s{0,3}个?\s{0,3}(?:年|月|周|天|日|工作日)"
    r"|(?:the end of\s{0,3})?"
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s{0,3})?20\d{2}"
    r"|(?:\d+|one|two|three|six|nine|twelve)\s{0,3}(?:months?|weeks?|years?))"
)
_DONE = (
    r"(?:完成|交付|交货|提供|验收|投产|落地|结题|解决|见效|启动"
    r"|complet\w*|deliver\w*|finish\w*|done|ready)"
)
_WHEN = re.compile(
    r"(?:工期|(?:项目|研发|开发|交付|交货|合作|实施|完成)(?:周期|时间)|期限|时限|deadline|due)"
    r"(?:要求|date)?\s{0,3}(?:[:：]|为|是|is|of)?"
    rf"\s{{0,3}}(?:不超过|约|在|within|up to)?\s{{0,3}}{_UNTIL}(?:\s{{0,3}}(?:以内|之内|内|左右))?"
    rf"|{_UNTIL}\s{{0,3}}(?:之前|以前|前|以内|之内|内|底)?\s{{0,3}}(?:要|须|需|能|应|可|全部)*{_DONE}"
    rf"|{_DONE}[a-z\s]{{0,30}}\b(?:by|within|in|before)\s{{0,3}}(?:the\s{{0,3}})?{_UNTIL}",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"(?:预算|经费|费用|价格|工期|地区|区域|地域|budget|price|region|location)(?:金额|要求)?\s{0,3}"
    r"(?:[:：]|为|是|is)?\s{0,3}"
    r"(?:待定|面议|不限|不详|可谈|可议|另议|详谈|open|negotiable|to be agreed|any)",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"(?:联系人|联络人|对接人|经办人)(?:姓名)?\s{0,3}(?:[:：]|是|为)\s{0,3}[^\s，。；,;:：]{1,8}"
    r"|contact(?: person)?\s{0,3}[:：]\s{0,3}[^，。；,;:：\n]{1,30}",
    re.IGNORECASE,
)
#: Words that carry such a fact and ask for nothing by themselves.
_CARRIER = re.compile(
    r"本?项目|我[司方厂]|我们|公司|企业|单位|要求|希望|期望|计划|预计|最好|优先|考虑|总|整体|初步|合作|需要|需|须|应|请|可"
    r"|并|且|和|及|与|或|则|的|在|于|为|是|约|有|左右|以内|之内|以下|以上|之前|以前|前|内"
    r"|有意者|欢迎|来电|致电|电话|手机|微信|邮箱|邮件|联系方式|联系人?|详谈|洽谈|面谈|咨询|地址|网址|网站|号码?"
    r"|\b(?:the|an?|our|we|this|it|is|are|has|have|must|should|shall|to|be|of|for|in|by|and|at"
    r"|total|project|work|all|need(?:s|ed)?|would like|please|contact|us|e-?mail|mail|phone|tel"
    r"|telephone|mobile|website|about|around|within|date)\b",
    re.IGNORECASE,
)


#: Kinds of ``matcher.traces`` that say how somebody is reached.
_REACHED = frozenset({"e-mail", "link", "telephone", "person", "account"})
#: Where a clause ends; 1,200,000 is one number, and 预算方面， only begins to say what there is.
_END = re.compile(
    r"((?:(?<!预算方面|预算的话|经费方面|经费的话|资金方面|资金的话)[，,](?!(?<=,)\d)"
    r"|[。；;\n]|\.(?=\s))\s*)"
)
#: A longer sentence says something else besides.
_LONGEST = 120


@lru_cache(maxsize=65536)
def is_aside(text: str) -> bool:
    """Tell whether a sentence states budget, deadline, regions or whom to ask, and nothing else.

    A greeting or a closing is one too.
    """
    if len(text) > _LONGEST:
        return False
    if is_courtesy(text):
        return True
    left = list(text)
    for start, end in _facts(text):
        left[start:end] = " " * (end - start)
    rest = "".join(left)
    return rest != text and not any(ch.isalnum() for ch in _CARRIER.sub(" ", rest))


def without_asides(text: str) -> str:
    """Return a text without the clauses that are asides; all of it where nothing else is left."""
    return "".join(text[place] for place in kept_places(text))


def kept_places(text: str) -> Sequence[int]:
    """Return where each character of ``without_asides(text)`` stands in the text."""
    kept: list[int] = []
    place, pieces = 0, _END.split(text)
    for clause, end in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        after = place + len(clause) + len(end)
        if not is_aside(clause):
            kept.extend(range(place, after))
        place = after
    return kept if any(text[place].isalnum() for place in kept) else range(len(text))


def amounts(text: str) -> Iterator[re.Match[str]]:
    """Find what a text says of the money there is, with the groups ``value`` and ``after``."""
    for match in MONEY.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if match["value"][-1] in "亿万千" and _COUNTED.match(match["after"]):
            continue
        if _LACKING.match(match["after"]):
            continue
        if match["held"] is None or not _OF_A_THING.search(_SENTENCE.split(before)[-1]):
            yield match


def _facts(text: str) -> Iterator[tuple[int, int]]:
    for match in amounts(text):
        yield match.start(), match.end("value")  # what follows may be what it is for
    for pattern in (DEADLINE, REGION, _WHEN, _OPEN, _CONTACT):
        yield from (match.span() for match in pattern.finditer(text))
    for start, end, kind in find_traces(text):
        if kind in _REACHED:
            yield start, end
