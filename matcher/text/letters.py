"""What a letter says for politeness: whom it addresses, who writes, how it closes, its title."""

from __future__ import annotations

import re
from collections.abc import Callable

from matcher.text.extraction import extract

_PIECE = re.compile(r"[，,。.！!；;：:、~～\s]+")
#: 尊敬的专家、老师 is one address, 主要生产机械密封、骨架油封 one thing told.
_LISTING = re.compile(
    r"(?:尊敬的|敬爱的|各位|生产|加工|制造|经营|销售|从事|主营)[\u4e00-\u9fffA-Za-z（）()、]{1,60}"
)
_WE = r"(?:我们?(?:司|厂|方|公司|企业|单位)?|本(?:公司|企业|厂|单位)|敝司|公司|企业)"
_YOU = r"(?:您|你们?|贵(?:方|司|校|院|所|公司|单位|中心|机构)|各位(?:专家|老师|领导)?|大家|各方)"
_MEET = r"(?:交流|沟通|洽谈|面谈|详谈|商谈|面议|联系|咨询|考察|参观|指导|来访|莅临|查看|了解)"
#: Whole pieces between marks that hold nothing but courtesy.
_COURTESY = re.compile(
    r"(?:尊敬的|敬爱的)(?![\u4e00-\u9fff]{0,30}[需求想请望])[\u4e00-\u9fff（）()]{1,30}"
    r"|各位(?:专家|老师|领导|教授|同仁|各位|和|及){1,6}"
    rf"|(?:(?:实在|非常|十分|很)?(?:冒昧|抱歉|打扰|打搅|[来去致写]信|[来致]函)(?:{_YOU}|了)?){{1,4}}"
    rf"|{_YOU}?[您你]好|大家好|{_YOU}(?:专家|老师|领导)?好"
    # 详细情况可现场交流; 技术咨询 by itself may be what is asked for.
    r"|(?=[\u4e00-\u9fff]{0,16}(?:可|请|欢迎|待|现场|当面|面对面|电话|随时|另行|线下|见面|[来到]厂))"
    r"(?:以上|更多|其[他它])?(?:更?(?:详细|具体))?的?(?:技术)?"
    r"(?:情况|信息|资料|事宜|细节|需求|要求|问题|内容)?(?:均|都|我们)?"
    r"(?:可以?|请|欢迎|敬请|再|待|能){0,2}(?:来人|来厂|到厂|来|到)?"
    r"(?:现场|当面|面对面|电话|随时|进一步|见面|另行|线下|深入){0,2}"
    rf"{_MEET}{{1,2}}"
    r"|(?:热切|诚挚|真诚)?(?:期待|期盼|盼望?|希望)(?:能|早日|尽快|有机会){0,2}"
    rf"(?:[与和同]?{_YOU})?(?:的|进行|开展|达成)?"
    r"(?:合作|回复|答复|来信|回音|佳音|支持|联系|交流|帮助)"
    r"|此致|敬礼|此致敬礼|(?:顺祝|顺颂|敬祝|祝)[\u4e00-\u9fff]{2,6}|盼复|望复|特此函[告达询]|妥否"
    rf"|(?:非常|十分|衷心|万分)?(?:感谢|谢谢|多谢)(?:{_YOU})?的?(?:关注|支持|帮助|阅读)?了?"
    r"|(?![\u4e00-\u9fff]{0,28}(?:我们|[供需求寻找给与向]|合作|替代|希望|采用))"
    r"[\u4e00-\u9fff（）()]{3,30}(?:有限公司|有限责任公司|股份公司|集团公司)"
    r"|\d{4}年\d{1,2}月\d{1,2}日"
)
_POLITE = re.compile(
    r"(?:dear [a-z ,./-]{1,60}|to whom it may concern|hello|hi there"
    r"|(?:we|i)? ?(?:look|looking) forward to"
    r" (?:hearing from you|working with you|your (?:reply|answer))"
    r"|(?:further |more )?details (?:can be discussed|on request|are available on request)"
    r"|(?:kind |best |with best )?regards|(?:yours )?(?:sincerely|faithfully)(?: yours)?"
    r"|thank you(?: very much)?|many thanks)[\s,.:!]*",
    re.IGNORECASE,
)
#: Whoever writes that tells something that is wanted, or wrong, does more than introduce himself.
_WANTS = re.compile(
    r"希望|期望|期待|需|求|寻|想|拟|打算|计划|解决|问题|难|急|缺|不足|不够|不能|不了|无法|偏|太|差"
    r"|低于|超标|攻关|改[善进造]|提高|提升(?!机)|降|减(?!速|震)|替代|如何|怎|能否|是否|请|帮|征集"
    r"|招|合作(?!社)|引进|引入|采购|开发(?!区)|研发|研制|优化|升级|目标|目前|现在|[?？≥≤<>]"
)
_FIRM = r"(?:企业|公司|厂家?|作坊|单位|集团|合作社|机构|研究[院所])"
#: What a firm makes; not what happens to it.
_NOT_MADE = r"(?!的|容易|经常|出现|发生|[泄渗]漏|[开断]裂|剥落)"
_THING = rf"{_NOT_MADE}[\u4e00-\u9fff](?:{_NOT_MADE}[\u4e00-\u9fffA-Za-z]){{1,39}}"
#: 我们是示例区一家做热镀锌的小企业
_NAMES_ITSELF = re.compile(
    rf"{_WE}(?:是|为|系)[\u4e00-\u9fff]{{0,30}}{_FIRM}"
    rf"|{_WE}(?:一直|是)?(?:成立于|创立于|创建于|始建于|位于|坐落于?|地处)[\u4e00-\u9fff\d]{{1,30}}"
    rf"|{_WE}(?:一直)?(?:专业|专门|主要)?(?:从事|主营|专注于?){_THING}"
    # 我是示例江北密封件有限公司技术部的张工
    rf"|我是[\u4e00-\u9fff（）()]{{2,30}}{_FIRM}(?:[\u4e00-\u9fff]{{2,8}}[部科处室])?的?[\u4e00-\u9fff]{{0,6}}"
    r"|我姓[\u4e00-\u9fff]{1,2}|我叫[\u4e00-\u9fff]{2,4}"
    rf"|{_WE}(?:专业|专门|主要)(?:生产|加工|制造|经营|销售|做){_THING}"
)
_PEOPLE = (
    r"(?:全厂|全公司)?(?:一共|总共|共有?|现有|拥有|(?:员工|职工)(?:人数)?)(?:有|员工|职工){0,2}"
    r"(?:约|近|大概|不到|大约)?\s?\d{1,6}\s?(?:多|余|来)?(?:人|名)(?:左右)?(?:员工|职工|工人)?"
)
#: 年产约六万套
_OUTPUT = (
    r"年(?:产(?:量|能|值)?|销售?(?:量|额)?|营业额|营收)(?:约|近|达到?|大约|超过?|为){0,2}\s?"
    r"[\d一二两三四五六七八九十百千万亿.]{1,12}\s?(?:多|余)?[万亿]?(?:[套件台吨只个米片辆支块元]|平方米)(?:左右|以上)?"
)
_SINCE = r"(?:成立|创立|创建|始建)于[\u4e00-\u9fff\d]{1,20}"
_SIZE = re.compile(rf"{_PEOPLE}|{_SINCE}")
#: What may follow where somebody introduces himself.
_AND_TELLS = re.compile(
    rf"{_PEOPLE}|{_OUTPUT}|{_SINCE}|(?:位于|坐落于?|地处)[\u4e00-\u9fff\d]{{1,30}}"
    rf"|(?:专业|专门|主要|主营)(?:从事|生产|经营|做|加工)?{_THING}|规模(?:不大|较小|很小)"
)
#: 关于热镀锌锌渣回收的函: what it is about is asked in the letter.
_TITLE = re.compile(
    r"关于[^。；;\n]{2,60}的(?:一封)?"
    r"(?:函|公函|信|来信|求助信|请示|咨询函|需求函|合作函|需求书|需求说明)"
    r"|(?:企业|技术|合作|科技)?(?:技术)?(?:需求|求助|合作|难题)(?:书|信|表|函|说明|征集表)"
)


def _pieces(text: str) -> list[str]:
    text = _LISTING.sub(lambda listed: listed.group().replace("、", ""), text)
    return [piece for piece in _PIECE.split(text) if piece]


def _all(text: str, says: Callable[[str], bool]) -> bool:
    pieces = _pieces(text)
    return bool(pieces) and all(says(piece) for piece in pieces)


def is_courtesy(text: str) -> bool:
    """Tell whether a sentence only greets, closes, thanks or signs."""
    if _POLITE.fullmatch(text.strip()):
        return True
    return _all(text, lambda piece: bool(_COURTESY.fullmatch(piece)))


def is_introduction(text: str) -> bool:
    """Tell whether a sentence only says who writes, or is the title of a letter."""
    if _TITLE.fullmatch(text.strip().strip("《》 ")):
        return True
    if _WANTS.search(text) or extract(text):
        return False
    named = any(_NAMES_ITSELF.fullmatch(piece) for piece in _pieces(text))
    told = (_COURTESY, _NAMES_ITSELF, _AND_TELLS) if named else (_SIZE,)
    return _all(text, lambda piece: any(pattern.fullmatch(piece) for pattern in told))
