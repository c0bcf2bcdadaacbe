"""What in a text points to a person or an organisation, whoever it is: contacts, places, names.

The check before publishing (``matcher.leaks``) shows these places, reports and pages mask them
(``matcher.export.mask``). Widely written forms only: a person still reads the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: A place in a text: ``text[start:end]`` and what kind of thing it is.
Place = tuple[int, int, str]

_WIDE = re.compile(r"[Ａ-Ｚａ-ｚ０-９＠．－：／＿＋（）]")
#: Marks that nobody sees: between the digits of a number they must not hide it.
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII
)
_LINK = re.compile(
    r"(?:https?://|www\.)[!-~]+"
    r"|(?<![A-Za-z0-9.-])(?:[A-Za-z0-9-]+\.)+(?:com|cn|net|org|edu|gov)(?![A-Za-z0-9])(?:/[!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
#: Grain sizes and the like are written like telephone numbers.
_NO_FIGURE = r"(?!\d|\s*(?:目|mm|μm|nm|℃|°C|次|rpm))"
_TELEPHONE = re.compile(
    # Mobile and fixed telephones, 400 and 800 numbers, an extension behind a short number.
    r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![\d.]\d|\d)"
    r"|(?<![\d.])(?:\+?86[- ]?)?(?:\(0\d{2,3}\)[- ]?|0\d{2,3}[- ])\d{3,4}[- ]?\d{4}"
    r"(?:-\d{1,5})?(?!\d)"
    rf"|(?<![\d.])[48]00(?:[- ]?\d){{7}}{_NO_FIGURE}|(?<![\d.-])[2-9]\d{{6,7}}(?=\s*转\s*\d)"
    # Abroad: with a country's number, or written as in North America.
    r"|(?<![\d.+])\+\d{1,3}(?:[ ().-]{0,2}\d){7,14}(?!\d)"
    rf"|(?<![\d.-])(?:\(\d{{3}}\) ?|\d{{3}}-)\d{{3}}-\d{{4}}(?!-){_NO_FIGURE}"
    # Anything that is called one.
    r"|(?:电话|手机|座机|热线|传真|(?<![A-Za-z])(?:tel|phone|fax|mobile)(?![A-Za-z]))"
    r"\.?(?:号码|号|number|no\.)?\s*[:： ]\s*(?P<number>\(?\+?\d[\d ()-]{4,18}\d)",
    re.IGNORECASE | re.ASCII,
)
# With an office's letters, or a Chinese number with its check digit.
_PATENT = re.compile(
    r"(?<![A-Za-z0-9])ZL ?[12]\d{3} ?\d ?\d{4,7}(?: ?\. ?[\dXx])?"
    r"|(?<![A-Za-z0-9])(?:PCT/?)?(?:CN|WO) ?(?:\d{4}/)?\d{6,13}(?:\.[\dXx])?"
    r"(?: ?[ABCSUY]\d?(?![A-Za-z0-9]))?"
    r"|(?<![\d.])(?:19|20)\d{2}[123589]\d{7}\.[\dXx](?!\d)"
    r"|(?<![A-Za-z0-9])(?:US|EP|JP|KR|DE) ?\d{6,11} ?[ABCSUY]\d?(?![A-Za-z0-9])",
    re.IGNORECASE | re.ASCII,
)
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
    r"(?:本|我|贵|该|某|各|子|分|总|母|大|小|多家|几家|一家|上市|集团|下属|国内|国外|外资|同类|其他|科技|技术|实业)+"
    r"(?:集团|公司|有限公司|科技公司|分公司|总公司)"
)
_ACCOUNT = re.compile(r"(?:微信|QQ|wechat|weixin|钉钉)\s*号?\s*[:： ]?\s*[A-Za-z0-9_-]{5,20}", re.I)
_ADDRESS = re.compile(
    r"[\u4e00-\u9fff]{2,16}?"
    r"(?:(?<![线道电回管油气光水通支])路|街|大道|巷|胡同|弄|村)(?:[东南西北中]段?)?\s*\d{1,5}\s*(?:号|弄)"
    r"(?:[\u4e00-\u9fffA-Za-z0-9-]{0,12}?\d{1,5}\s*(?:号楼|栋|幢|座|层|楼|室)){0,3}"
    r"|[\u4e00-\u9fff]{2,10}(?:大厦|产业园|科技园|工业园|孵化器)[A-Za-z]?\s*\d{1,4}\s*(?:号楼|栋|幢|座|层|楼|室)"
    r"|\b(?:No\. ?)?\d{1,5},? (?:[A-Z][a-z’']+ ){1,4}(?:Road|Street|Avenue|Lane|Rd|St|Ave)\b\.?"
)
#: Cities with much industry; other places are found by what stands before them.
_CITIES = (
    "北京|上海|天津|重庆|石家庄|太原|沈阳|大连|长春|哈尔滨|南京|苏州|无锡|常州|南通|扬州|徐州|杭州|宁波|温州|嘉兴"
    "|湖州|绍兴|金华|台州|合肥|芜湖|福州|厦门|泉州|南昌|济南|青岛|烟台|潍坊|淄博|郑州|洛阳|武汉|宜昌|襄阳|长沙"
    "|株洲|湘潭|广州|深圳|东莞|佛山|珠海|中山|惠州|南宁|柳州|海口|成都|绵阳|贵阳|昆明|西安|宝鸡|咸阳|兰州|银川"
    "|西宁|乌鲁木齐|呼和浩特|包头|拉萨"
)
#: Where somebody's own house stands; technical places (位于腔体) have another subject.
_OWN = r"(?:我司|我厂|我们(?:公司|厂|企业)|我公司|本公司|本厂|本企业|总部)"
_STANDS = r"(?:位于|地处|坐落于|坐落在|坐落|设在|设于)"
_STOPS = r"(?=[，。；、,;.（(\s]|的|$)"
#: No place of one's own: a kind of place, or a whole region.
_ANY_PLACE = (
    r"(?!我国|国内|国外|海外|沿海|内陆|高原|高寒|严寒|寒冷|热带|山区|海边|[东西南北][部北南方]"
    r"|[华西东中][北东南中]|城|市区|郊区|农村|工业园|产业园|园区|开发区|化工|某|国家|本地|当地)"
)
_PARK = r"(?:工业园区?|产业园区?|科技园区?|软件园|经济技术开发区|开发区|经开区|高新区|保税区|街道)"
_SEAT = re.compile(
    rf"(?:{_OWN}|公司|工厂|厂区|厂址)(?:现|就)?(?:{_STANDS}|[:：])\s*"
    rf"(?P<seat>{_ANY_PLACE}[\u4e00-\u9fff]{{2,14}}?){_STOPS}"
    # 位于苏州工业园区: a park by its name, whoever is there.
    rf"|{_STANDS}(?P<park>{_ANY_PLACE}[\u4e00-\u9fff]{{2,8}}?{_PARK})"
    rf"|{_OWN}(?:现|就)?在(?P<city>(?:{_CITIES})[\u4e00-\u9fff]{{0,8}}?){_STOPS}"
)
_CREDIT = re.compile(
    r"(?<![A-Za-z0-9])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![A-Za-z0-9])"
)
#: Surnames that end no usual word of a technical text; then those that do, or begin one.
_PLAIN = (
    "王李张刘陈杨赵黄吴徐孙胡朱郭罗郑谢宋唐许邓韩冯曹彭曾肖董袁潘蒋蔡杜吕苏卢魏薛闫阎戴汪姚谭廖邹"
    "熊郝崔邱秦侯邵孟钱尹黎乔贺龚庞樊殷翟倪俞葛韦聂"
)
_OTHERS = (
    "周林高马何梁顾赖余田任沈丁夏钟范方石陆金江史龙段雷汤易常武康毛白孔贾叶傅付姜文兰洪严牛温章鲁毕"
    "焦齐梅庄辛祝左涂谷耿牟詹关苗凌费安陶欧"
)
_HONOUR = r"(?:总?经理|老师|先生|女士|教授|博士|主任|总工)"
_GIVEN = r"(?![某多国])[\u4e00-\u9fff]"
_SAID = r"(?:联系人|联络人|对接人|经办人|负责人|联系|经理|老师|教授|博士|主任)"
#: 老张, 张总, 李工: names only where somebody is to be called or a telephone stands behind.
_NICK = rf"(?:老[{_PLAIN}]|小[{_PLAIN}]|[{_PLAIN}](?:总|工|姐|哥|厂长|部长|科长|书记|董))"
_MEET = r"(?:面谈|对接|沟通|联系|咨询|了解)"
_NUMBER = r"(?:\+?86[- ]?)?(?:1[3-9]\d(?:[- ]?\d{4}){2}|0\d{2,3}[- ]?\d{7,8})"
_CALL = r"(?:联系人?|联络人?|致电|咨询|请找|可找|对接人|负责人|经办人|电话找|微信找)"
_ENDS = r"(?=电话|手机|微信|邮箱|[^\u4e00-\u9fff]|$)"
_PERSON = re.compile(
    # 王经理, 李明老师
    rf"(?:[{_PLAIN}](?:{_GIVEN}){{0,2}}|(?<![\u4e00-\u9fff])[{_OTHERS}]){_HONOUR}"
    # 联系人：高山, 经理 李明
    rf"|{_SAID}(?:姓名)?(?:[:： ]|是|为)\s*"
    rf"(?P<said>[{_PLAIN}{_OTHERS}](?:{_GIVEN}){{1,2}}(?:{_HONOUR}|{_ENDS}))"
    # 请联系张伟
    rf"|联系人?(?P<bare>[{_PLAIN}](?:{_GIVEN}){{1,2}}(?:{_HONOUR}|{_ENDS}))"
    # 请联系老张, 张总 13800138000
    rf"|{_CALL}(?:[:： ]|是|为)?\s*(?P<nick>{_NICK})(?:{_ENDS}|(?={_MEET}))"
    rf"|(?P<called>{_NICK})(?=[\s:：,，、(（]{{0,3}}(?:电话|手机|微信|{_NUMBER}))"
    rf"|[与和跟找向](?P<met>{_NICK})(?={_MEET})"
    r"|\b(?:Mr|Mrs|Ms|Dr|Prof)\.? (?P<titled>[A-Z][a-z]+(?:[ -][A-Z][a-z]+){0,2})"
    r"|\b(?:[Cc]ontact(?: [Pp]erson)?|[Aa]ttn)\.? ?[:：] ?"
    r"(?P<named>(?:[A-Z][a-z]+|[A-Z]\.)(?:[ -][A-Z][a-z]+){1,2})(?![ -]?[a-z])"
)
#: The surest kinds first: a place is of the first kind that finds it.
_PATTERNS = (
    ("credit_code", _CREDIT), ("e-mail", _EMAIL), ("link", _LINK), ("patent", _PATENT),
    ("telephone", _TELEPHONE), ("address", _ADDRESS), ("account", _ACCOUNT), ("person", _PERSON),
    ("address", _SEAT),
)  # fmt: skip


def find_traces(text: str) -> Iterator[Place]:
    """Yield every place that points to somebody, the surest kinds first; places may overlap."""
    if not _HIDDEN.search(text):
        yield from _seen(_narrow(text))
        return
    places = [place for place, ch in enumerate(text) if not _HIDDEN.match(ch)]
    for start, end, kind in _seen(_narrow("".join(text[place] for place in places))):
        yield places[start], places[end - 1] + 1, kind


def _seen(text: str) -> Iterator[Place]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield (*match.span(match.lastgroup or 0), kind)
    yield from _companies(text)


def _companies(text: str) -> Iterator[Place]:
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


def _narrow(text: str) -> str:
    """Return full-width letters, digits and the marks between them as narrow ones, in place."""
    return _WIDE.sub(lambda wide: unicodedata.normalize("NFKC", wide.group()), text)
