"""The words around a number that say what it is: comparators, negation, condition, somebody else's.

Patterns named ``…_BEFORE`` end at the number; match them against lowered, folded text.
"""

from __future__ import annotations

import re

from matcher.text.numbers import MASK

# "best" and "reach" depend on which way is better: 优于, 达到, up to.
_PREFIXES = {
    "ge": "≥|>=|=>|不少于|不低于|不小于|不短于|不弱于|不得低于|不得小于|不得少于|不能低于"
    "|不能少于|不能小于|不可低于|不应低于|不应小于|至少|最少|大于等于|大于或等于|高于等于|高于或等于|不低於|起码"
    "|at least|no less than"
    "|not less than|no lower than|not lower than|no fewer than|not below|no smaller than"
    "|greater than or equal to|a minimum of|not fewer than|equal to or greater than",
    "gt": ">|大于|高于|超过|多于|长于|突破|超出|greater than|more than|higher than|larger than"
    "|above|over|exceeding|exceeds|exceed|in excess of|longer than|beyond|surpassing|upwards of",
    "le": "≤|<=|=<|不大于|不高于|不超过|不多于|不长于|不得超过|不得高于|不得大于|不得多于|不能超过"
    "|不能高于|不能大于|不可超过|不应超过|不应大于|不应高于|至多|最多|小于等于|小于或等于|低于等于"
    "|低于或等于|控制在|限制在"
    "|at most|no more than|not more than|not exceeding|no greater than|no higher than"
    "|not exceed|less than or equal to|within|no larger than|a maximum of|no longer than"
    "|not greater than|not higher than|not to exceed|does not exceed|limited to",
    "lt": "<|小于|低于|少于|短于|轻于|不足|不到|小於|below|under|less than|lower than"
    "|smaller than|fewer than|shorter than",
    "best": "优于|好于|不劣于|不差于|better than|no worse than|not worse than|superior to",
    "up": "up to|of up to|最远可达|最大可达|最高可达|最远",
    "max": "最大|最高|最大值|最高值|maximum|maximum of|max|max.",
    "min": "最小|最低|最小值|最低值|minimum|minimum of|min|min.",
    "low": "低至|小至|down to|as low as|as small as|低到",
    "to": "至|到",
    "reach": "达到|可达|达|可达到|能达到|reaches|reach|reaching|achieves|achieve|achieving"
    "|高达|as high as|as much as",
    "about": "约|大约|约为|接近|近|大概|about|approximately|approx.|approx|around|roughly|nearly"
    "|ca.|~|≈|on the order of|circa|near",
    "eq": "=|为|是|等于",
}  # fmt: skip
_SUFFIXES = {
    "ge": "以上|及以上|或以上|之上|or more|or higher|or greater|or above|and above|or larger"
    "|or longer|and up|or over|起|[+]",
    "le": "以下|及以下|或以下|以内|之内|之下|内|or less|or lower|or below|or fewer|max|maximum"
    "|and below|or smaller|or under",
    "best": "或更好|or better|或更优",
    "about": "左右|上下|量级|数量级|级|-class|class",
}
KIND_OF_PREFIX = {w: kind for kind, words in _PREFIXES.items() for w in words.split("|")}
KIND_OF_SUFFIX = {
    w.strip("[]"): kind for kind, words in _SUFFIXES.items() for w in words.split("|")
}


def _alternatives(words: dict[str, str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    parts = (
        rf"\b{re.escape(w)}" if w[0].isalpha() and w.isascii() else re.escape(w) for w in ordered
    )
    return "|".join(parts)


PREFIX = re.compile(
    rf"({_alternatives(KIND_OF_PREFIX)})(?:\s|:|为|值|了|到|~|支持|满足|承受|an?\b|the\b|约)*±?\s*$"
)
SUFFIX = re.compile(rf"\s?({_alternatives(KIND_OF_SUFFIX)})(?![A-Za-z])(?!存)")
RANGE = re.compile(r"\s?(?:~|\.{2,3}|…|—|至|到|(?:\bto\b)|(?P<hyphen>-)|(?P<and>\band\b|和|与))\s?")
UNIT_GAP = re.compile(r"\s{0,2}-?(?=\S)|")
PLUS_MINUS = re.compile(r"\s?±\s*")
PRODUCT = re.compile(r"\s?(?:[×xX*]|\bby\b)\s?(?=\d)")
CLAUSE = re.compile(rf"[，。;；！!？?\n{MASK}|]|,(?!\d{{3}})|\.\s")
ANCHOR = re.compile(r"百分之|(?<![\d.])\.?\d")

_DOWN = "降低|减少|下降|减小|缩短|节约|节省|减轻|缩小|reduc|decreas|lower|sav(?=e|ing)|shorten|cut"
_UP = "提高|提升|增加|增长|增大|改善|增强|延长|上升|扩大|升高|improv|increas|enhanc|rais|boost"
"|extend"
CHANGE_BEFORE = re.compile(
    rf"(?:(?P<down>{_DOWN})|(?P<up>{_UP}))"
    r"(?:[a-z]*\s(?:[\w\s/-]{0,40}?\s)?(?:by|of)|[^\s\w]|了|幅度|率|量|约|\s)*\s*$"
)
#: With the quantity in between: 降低能耗20%. Only for shares, where a plain value is unlikely.
CHANGE_AROUND = re.compile(
    rf"(?:(?P<down>{_DOWN})|(?P<up>{_UP}))(?:[^后到至的，。,;；:：a-z\d]{{0,8}}|ed\s|es\s"
    rf"|ing\s)\s*$"
)
CHANGE_AFTER = re.compile(
    r"\s?(?:的|[a-z-]+\s(?=reduc|decreas|sav|improve|increas|[a-z-]+\s(?:reduc|decreas|improve)))?"
    r"(?:(?P<down>reduction|decrease|savings?|less\b|lower\b|lighter|smaller"
    r"|shorter|降幅)"
    r"|(?P<up>improvement|increase|higher\b|faster\b|longer\b|greater\b|gain in|增幅))"
)
NEGATED_BEFORE = re.compile(
    r"(?:未达到?|未能达到?|无法达到?|不能达到?|达不到|没有达到|难以达到?|尚未达到?|未能实现"
    r"|无法实现"
    r"|(?:not|n't|cannot|fails? to|failed to|unable to)\s+(?:yet\s+)?"
    r"(?:reach|achieve|meet|attain|exceed|withstand)\w*)[^，。;,；\n]{0,12}$"
)
#: What makes an English sentence a demand, and what makes one without it a description.
DEMAND = re.compile(
    r"\b(?:must|shall|should|ought|needs?|needed|require[sd]?|requirements?|desire[sd]?"
    r"|desirable|wanted|wish|seeks?|seeking|looking for|targets?|targeted|goals?|objectives?|aims?"
    r"|specifications?|at least|at most|no less than|no more than|not less than"
    r"|not more than|not exceed(?:ing)?|less than|no greater than|minimum|develop|design"
    r"|demonstrate|provide|capable of|operate|survive|withstand|necessary)\b|[≥≤<]"
)
DESCRIPTION = re.compile(
    r"\b(?:is|are|was|were|has|have|had|been|do|does|did|can|could|may|might|would|typically"
    r"|generally|often|usually|lasts?|costs?|weighs?|carr(?:y|ies)|reached|estimated|approximately"
    r"|annually|per year|according to|reported|showed|found|measured|observed|lost|used"
    r"|offers|uses|utili[sz]\w+|employ\w*|enables|allows)\b"
)
#: Today's or somebody else's figures, whatever else their sentence says.
BACKGROUND = re.compile(
    r"\b(?:of (?:all|the (?:observed|reported|known|total))|cases|population|annually"
    r"|(?:first|second) world war|has been (?:shown|reported|estimated|observed)"
    r"|have been (?:shown|reported|observed)|it is estimated|studies|reportedly)\b"
    r"|据统计|据报道|市场规模|产值|研究表明|研究发现|占全国|占全球|占世界"
)
SENTENCE_END = re.compile(r"[。！？!?\n]|\.(?=\s)")
UNWANTED_BEFORE = re.compile(
    r"(?:不需要?|无需|不要求|不必|不追求|无须|not require|no need|not necessar"
    r"|not needed)[^，。;,；\n]{0,20}$"
)
CURRENT = re.compile(
    r"目前|当前|现阶段|现有|(?<!实)现用|现状|现在|原有|原来|以往|过去|currently|at present|today"
    r"|existing|current\b"
)
#: Right before a value that falls short: 保质期只有6个月, a yield of only 75%. 每只 counts things.
ONLY_BEFORE = re.compile(
    r"(?P<all>[只仅]有|只剩|仅剩|只达到?|只做到)[\s约]*$"
    r"|(?:(?<!不)仅仅?(?:为|是|能|达到?)?|(?<![人刚])才(?:有|到|达到)?"
    r"|\b(?:only|merely|just)\b(?:\s(?:about|around|some))?)[\s约]*$"
)
#: What makes of 只有 a condition: 只有达到95%才能出厂.
ONLY_THEN = re.compile(r"[^，。；;\n]{0,12}才")
#: Of what should be small, and of what should be large: 漏检率仍有5%, 良率不足80%.
STILL_BEFORE = re.compile(
    r"(?:(?:仍|仍然|依然|还|尚)(?:有|为|是|在|达|高于|超过)|高达|\bstill\b(?:\s(?:at|about|around))?)"
    r"[\s约]*$"
)
SHORT_BEFORE = re.compile(r"(?:不足|不到|低至|低到)[\s约]*$")
#: Words of a demand, without those of WANTED that only say whose something is.
DEMANDED = re.compile(
    r"要求|需要|需达|(?<![供响反适相感效对])应|须|目标|期望|希望|力争"
    r"|\b(?:shall|must|should|goals?|targets?|needs?|requires?|required)\b"
)
_WISH = (
    r"(?:希望|期望|期待|要求|需要?|必须|须|应当?|想要?|拟|计划|打算|目标|力争|争取|努力|尽量|最好"
    r"|能够?|可以?|要|将|把|使|让|我们|我[司方厂]|它|其|是|为|进一步|大幅度?|显著|逐步|最终|今后"
    r"|未来|但|而|并|且|再|:|(?:and|but|it|we|this|that|which|is|are|must|should|shall|needs?|has"
    r"|have|to|be|want|wants|wanted|wish|would|like|target|goal|required|further|the)\b)\s?"
)
_TURN = (
    r"(?:(?P<down>降低?|减少|下降|减小|缩短|缩小|压缩|减|压"
    r"|\b(?:fall|drop|decrease|reduce|lower|cut|shorten|go down|come down)[a-z]{0,3})"
    r"|(?P<up>提高|提升|升高?|增加|增长|增大|延长|扩大|上升|加大|增"
    r"|\b(?:rise|raise|increase|improve|extend|prolong|lengthen|boost|go up)[a-z]{0,3})"
    r"|(?P<held>控制)|(?P<reached>达|做|\b(?:reach|achieve|get)))"
    r"\s?(?:到|至|为|在|\b(?:to|below|under|above|over|beyond)\b|(?<=reach)|(?<=achieve))"
    r"[^，,。；;！!？?\n\d]{0,16}$"
)
#: From today's value to the one wanted: 漏检率5%，希望降到0.5%以下. The name is not said again.
TURNED = re.compile(
    r"(?:[^，,。；;！!？?\n\d]{0,24}[，,]\s?|(?:\s|左右|以上|以下|上下){0,3})"
    rf"(?:{_WISH}){{0,8}}{_TURN}"
)
#: The same where the name is said again: 漏检率5%，希望用视觉把漏检率降到0.5%以下.
TURNED_AGAIN = re.compile(_TURN)
#: A turn that has been taken.
DONE = re.compile(r"已|曾|\balready\b")
_FAILURE = (
    r"开裂|裂开|破裂|断裂|断掉|裂纹|失效|失灵|脱落|脱层|脱胶|分层|剥落|起泡|鼓包|损坏|报废|坏了|坏掉"
    r"|烧毁|烧坏|烧穿|击穿|崩溃|崩边|崩刃|泄漏|渗漏|漏液|漏气|漏油|卡死|死机|磨穿|磨损|锈蚀"
    r"|用不了|不能用|不行|[要得需须]+(?:重新)?更?换"
)
#: Between a value and what goes wrong there: nothing that turns it round, and nothing detected.
_TO_FAILURE = r"(?:[^，。；,;\n\d(≥≤<>不无未没免防避能可检测识报预]|不到)"
_NO_NAME = r"(?!率|强度|伸长|韧性|时间|长度|比例|概率|次数|为止)"
#: 600次左右就开裂, whatever the comparator: nobody wishes for the figure at which things break.
FAILS_AFTER = re.compile(
    rf"{_TO_FAILURE}{{0,10}}[就便即]{_TO_FAILURE}{{0,8}}?(?:{_FAILURE}){_NO_NAME}"
)
#: 600次左右出现开裂: of a bare value only.
BREAKS_AFTER = re.compile(
    rf"{_TO_FAILURE}{{0,10}}(?:出现|发生|产生){_TO_FAILURE}{{0,8}}?(?:{_FAILURE}){_NO_NAME}"
)
#: 300℃以上涂层容易剥落, whatever the comparator.
PRONE_AFTER = re.compile(
    rf"{_TO_FAILURE}{{0,10}}(?:容易|[极很较也还]易|易|经常|常常|总是?|老是?|频繁|往往){_TO_FAILURE}{{0,4}}?"
    rf"(?:{_FAILURE}){_NO_NAME}"
)
#: 温循600次角部凸点开裂: of a bare value only, and only where the failure is all that is said.
PLAINLY_BREAKS_AFTER = re.compile(
    rf"(?:(?![抗耐零杜拒低减少降缓延抑控止阻]){_TO_FAILURE}){{0,8}}(?!裂纹|泄漏|渗漏|磨损|锈蚀)(?:{_FAILURE})"
    r"了?(?=\s*(?:[，。；,;！!\n]|的?(?:问题|现象|缺陷|难题)|$))"
)
#: A failure that is asked for at its value, and one that is to be overcome.
PREVENTED = re.compile(
    r"[不无未没防抗耐免检测]|避免|杜绝|保证|确保|允许|容许|识别|诊断|发现|模拟|仿真|[预报]警"
)
OVERCOME = re.compile(r"解决|克服|改善|消除|改变")
#: What a thing does not get beyond today: 只能达到600次, only lasts 600 cycles, fails after 600.
FAILS_BEFORE = re.compile(
    r"[只仅]能(?:够|达到|做到|坚持|撑|维持|承受)[^，。；,;\n]{0,6}$"
    r"|\b(?:only (?:lasts|survives|withstands|reaches|holds)|(?:lasts|survives) only)\b[^.;]{0,30}$"
    r"|^(?!.*\b(?:no|not|never|without|cannot|to|must|shall|should)\b).*"
    r"\b(?:(?:fails|breaks down|burns out|wears out) (?:after|at|above|below|beyond|within)"
    r"|(?:cracks?|breaks?|delaminates?|wear out|fail) after)\b[^.;]{0,30}$"
)
OTHER = re.compile(
    r"国外|进口产品|同类|传统|常规|竞品|市售|现行|对标|相比|行业平均|业内|conventional|traditional"
    r"|state[- ]of[- ]the[- ]art|competing|competitor|commercially available|compared (?:to|with)"
)
WANTED = re.compile(
    r"要求|需要|需达|应|须|目标|期望|希望|力争|本项目|本产品|我们|shall|must"
    r"|should|goal|target"
)
CONDITION_AFTER = re.compile(
    r"\s?(?:的|及)?(?:条件|环境|工况|高温|低温|电压|电流|频率|压力|温度|湿度|倍率|负载|气氛"
    r"|风速|光照|波长|带宽|水)*之?"
    r"(?:下(?![降线限游行载]\w?)|时(?![间延长序效钟频])|后(?![端续]))"
)
WORKS_AFTER = re.compile(
    r"\s?(?:的|及)?(?:条件|环境|高温|低温|温度|温区)*下?[^，。;；,\d]{0,6}(?:使用|工作|运行|服役)"
)
CONDITION_BEFORE = re.compile(r"(?:@|\bat|\bunder|\bafter|循环|经过|\bwhen)\s?$")
WORKS_BEFORE = re.compile(
    r"(?:operat|work|function|surviv|withstand|stable"
    r"|run)\w*\s(?:[a-z]+\s){0,2}at\s?$"
)
LINK = re.compile(
    r"(?:[\s:=~(（]|为|是|达|可|能|约|应|需|要求|范围|均|在|于|不|值|仅|只|有|高|低|的|指标"
    r"|保持|维持|控制"
    r"|(?:\b(?:is|are|was|of|with|has|have|an?|the|be|can|shall|must|should|will|to|at|from|range"
    r"|ranges|ranging|requirement|required|for|in|reaching|between|rate|level|value|only)\b))*$"
)
FILLER = re.compile(
    r"系统|整体|整机|产品|材料|器件|设备|平均|最大|最高|最低|最小|综合|要求|具有|实现|达到|保证"
    r"|确保|使用|典型|额定"
    r"|标称|长期|短期|瞬时|极限|承受|总|该|本|其|单|可|能|耐|样品|样机|装置|技术|纤维|薄膜|涂层"
    r"|复合材料|合金|指标|测试|相对|绝对|稳定|良好|以及"
    r"|the|an?|of|with|has|its|high|low|typical|average|mean|max(?:imum)?|min(?:imum)?|overall"
    r"|total"
    r"|system|device|and|or|to|at|for|in|is|rated|nominal|desired|required|minimum|our|this|that|it|they|which"
    r"|无法|不能|未|withstand(?:s|ing)?|operat\w+|surviv\w+|reach\w*|up|very|good|new|full|peak"
)
CUT = re.compile(r"[的在为对将把使且并和与及等了时后下中、,:：()（）\s\d%]")
#: Words with a character of CUT inside, which a name must not be cut at.
UNCUT = re.compile(
    r"实时|及时|定时|延时|时间|时延|时钟|时序|时效|小时|中频|中心|中间|中压|中高压|中小|中大型|中低|中波|中红外|空中|水中"
    r"|对比|对流|对数|对地|相对|绝对|等离子|等效|等温|均等|并联|并发|并网|并行|合并|在线|在轨|在位|下行|下限"
    r"|把手|把持|把握|地下|水下|井下|后处理|后端|使用|饱和|温和|共和|将军|驱使|行为|认为|目的地|普及|涉及|与非"
)
HAN_TAIL = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,24})$")
LATIN_TAIL = re.compile(r"((?:[A-Za-z][A-Za-z-]*\s){0,2}[A-Za-z][A-Za-z-]*)\s?$")
CONNECTOR = re.compile(r"(?:[\s,，、/;且或及与和并但~(（]|至|到|\band\b|\bor\b|\bto\b|\bbut\b)*$")
AND = re.compile(r"[\s、,和及与]*(?:and)?\s*")
SIGNS = {"ge": "≥ ", "gt": "> ", "le": "≤ ", "lt": "< ", "pm": "±", "about": "≈ "}
MONEY = ("[currency]", "[foreign_currency]")
DAY = 86400.0  # seconds; from here up a time is a schedule unless a quantity says otherwise
#: Where a name after the value must stop: the next clause or the next number.
STOP = re.compile(rf"[，。;；！!？?\n{MASK}|\d≥≤<>,(（]|\.\s")
CHANGE_WORDS = re.compile(rf"(?:{_DOWN}|{_UP})[a-z]*(?:\s?by)?|了|幅度")
NEAR_AFTER = re.compile(r"\s?(?:的|of|in|an?|the|\s|-)*")
BETWEEN_BEFORE = re.compile(r"(?i:between|介于|在)\s*$")
LINK_TAIL = re.compile(
    r"(?:[\s:=~(]|为|是|可达|达到|达|应|需|要求|均|仅|只有|约|值为|分别|平均"
    r"|\b(?:is|are|was|of|with|has|have|an?|the|be|can|shall|must|should|will|to|at|from|for)\b)*$"
)
EXTREME = re.compile(r"最高|最大|最低|最小|max|min|Max|Min|low")
MAXIMA = ("最高", "最大", "max", "Max")
DELIVERED = re.compile(
    r"专利|论文|软著|著作权|标准|人才|学生|培训|企业|客户|文章|奖|报告"
    r"|产品[^\w]*\d|样机|样品|人次|项目"
)
PURE_NUMBER_NAME = re.compile(
    r"(?:系数|指数|比|率|值|数|度|因子|index|ratio|factor|score|coefficient|number)$", re.IGNORECASE
)
STOP_WORD = re.compile(
    r"(?:^|(?<=\s))(?:in|by|and|or|every|be|as|at|on|for|with|that|than|was|were|has|have|is"
    r"|are|been|to|into|the"
    r"|an?|of|from|which|while|its|their|our|this|these|can|will|must|shall|over|under|about"
    r"|only|yet|if|not"
    r"|between|through|using|involved|indicated|provide[sd]?|requires?|including)(?=\s|$)",
    re.IGNORECASE,
)


def word_start(text: str, at: int, left: int) -> int:
    """Move a place inside a Latin word back to where the word begins, not before ``left``."""
    while left < at < len(text) and text[at - 1].isascii() and text[at - 1].isalpha():
        at -= 1
    return at


def last_name(text: str) -> str:
    """Return what follows the last particle, number or mark; 中频 and 实时 are no particles."""
    whole = [match.span() for match in UNCUT.finditer(text)]
    cuts = [
        cut.end()
        for cut in CUT.finditer(text)
        if not any(start <= cut.start() < end for start, end in whole)
    ]
    return text[cuts[-1] :] if cuts else text


def qualifier(before: str, at: int) -> tuple[str, int]:
    """Return what stands right before a name (人脸 in 人脸识别率) and where it begins."""
    tail = last_name(before)
    if tail and tail[-1] > "\u2fff":
        kept = FILLER.sub("", tail)[-6:]
        return (kept, at - len(tail)) if len(kept) >= 2 and len(tail) <= 10 else ("", at)
    words = LATIN_TAIL.search(before)
    if not words:
        return "", at
    kept_words = [w for w in words.group(1).split() if not FILLER.fullmatch(w.lower())]
    last = words.group(1).split()[-1]
    if not kept_words or kept_words[-1] != last:
        return "", at
    return last.lower(), at - len(before) + words.end() - len(words.group()) + words.group().rfind(
        last
    )
