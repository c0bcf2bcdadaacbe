"""Runs built by hand for the tests of the reports, and checks that they are well formed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from matcher.records import Capability, Money, Need, Organisation, credit_code_check_digit
from matcher.results import (
    Coverage,
    Duplicate,
    Evidence,
    Excluded,
    Fit,
    IndicatorCheck,
    Leg,
    Match,
    MatchList,
    Provenance,
    Rejection,
    Run,
    Span,
)

_CODE = "91610000MA6EXAMP0"

HIDDEN_OWNER = Organisation(
    id="E-7788",
    name="示例秦川精密传感器有限公司",
    aliases=("示例秦川传感", "示例秦川", "QinchuanDemo Sensors"),
    kind="enterprise",
    credit_code=_CODE + credit_code_check_digit(_CODE),
    parent="示例秦川控股集团",
    district="西安市雁塔区科技九路 18 号示例大厦 3 层",
    size="medium",
    website="https://www.qinchuan-demo.example.com/about",
)
#: No output for readers outside the staff may hold any of these.
HIDDEN_WORDS = (
    "秦川", "QinchuanDemo", HIDDEN_OWNER.credit_code or "", "qinchuan-demo", "科技九路", "E-7788",
    "ZL202210008888", "示例秘密研究院", "保密的相变材料", "SECRET-NEED", "SECRET-CAP",
)  # fmt: skip
FIRM = Organisation(
    name="示例渭水新材料股份有限公司", kind="enterprise", district="咸阳市秦都区", size="large"
)
LAB = Organisation(name="示例大学微电子学院", kind="university", district="西安市")
INSTITUTE = Organisation(name="示例材料研究所", kind="institute", district="宝鸡市")
ABROAD = Organisation(name="Example Institute of Applied Optics", kind="institute")
SECRET_LAB = Organisation(name="示例秘密研究院", kind="institute", district="西安市长安区")

SENSOR_NEED = Need(
    id="N-001",
    kind="substitution",
    title="高温压力传感器敏感芯片国产替代",
    organisation=HIDDEN_OWNER,
    problem=(
        "航空发动机试车台需要在高温环境下长期测量压力，目前使用的 SOI 压力传感器依赖进口，"
        "示例秦川传感采购周期超过 8 个月。\n高温下零点漂移大，每次试车前都要重新标定。"
    ),
    key_technology="SiC 敏感芯片的欧姆接触工艺；耐高温无引线封装。",
    indicators="工作温度≥500℃；量程 0~5MPa；精度优于 0.5%FS；寿命不低于 2000 小时。",
    expected_outcome="形成小批量供货能力，替代进口产品。",
    fields=("advanced_sensors", "microelectronic_materials"),
    keywords=("压力传感器", "SiC", "高温封装"),
    trl_min=6,
    budget=Money(low=3_000_000, high=5_000_000),
    deadline=date(2027, 12, 31),
    cooperation_modes=("joint_development", "licence"),
    partner_kinds=("university", "institute"),
    regions=("陕西省",),
    confidentiality="anonymous",
)
FABRIC_NEED = Need(
    id="N-002",
    title="阻燃隔热织物的低成本制备",
    organisation=FIRM,
    problem="现有芳纶阻燃织物成本高，客户要求单价降低三成，同时保持垂直燃烧损毁长度不超过 100 mm。",
    indicators="损毁长度≤100mm；热防护性能 TPP≥28cal/cm²；克重≤220g/m²",
    fields=("textiles", "new_materials"),
    budget=Money(low=800_000, high=800_000),
    cooperation_modes=("commissioned_development",),
)
ENGLISH_NEED = Need(
    id="N-003",
    kind="product",
    title="Inline inspection of micro-lens arrays, 微透镜阵列在线检测",
    organisation=Organisation(name="Example Photonics GmbH", kind="enterprise", size="small"),
    problem=(
        "We make polymer micro-lens arrays on 200 mm wafers and inspect them by sampling. "
        "We need an inline method that measures form error with accuracy better than 50 nm & "
        "does not touch the surface, <10 s per wafer."
    ),
    fields=("smart_manufacturing",),
)
SHORT_NEED = Need(id="N-004", title="找钱吧", kind="finance", organisation=FIRM)
SECRET_NEED = Need(
    id="SECRET-NEED",
    title="保密的相变材料需求",
    organisation=HIDDEN_OWNER,
    problem="保密的相变材料",
    confidentiality="private",
)

SIC = Capability(
    id="C-017",
    title="耐 600℃ SiC 高温压力传感器芯片与封装",
    organisation=LAB,
    summary=(
        "研制了基于 SiC 的高温压力传感器敏感芯片，采用无引线封装。"
        "欧姆接触在 600℃ 下 1000 小时电阻变化小于 5%。"
    ),
    indicators="工作温度 -55~600℃，量程 0~10MPa，精度 1%FS。",
    prior_applications="已在某型燃气轮机试验台上完成 300 小时试用。",
    fields=("advanced_sensors",),
    trl=6,
    ip_status="granted",
    ip_references=("ZL202110001234.5",),
    cooperation_modes=("joint_development", "assignment"),
    price=Money(low=2_000_000, high=2_000_000),
)
SOI = Capability(
    id="C-022",
    kind="team",
    title="High-temperature MEMS packaging group",
    organisation=ABROAD,
    summary=(
        "The group develops leadless packaging for MEMS pressure sensors up to 350 °C. "
        "Thin-film metallisation and glass frit bonding are available as a service."
    ),
    trl=4,
    cooperation_modes=("service",),
)
HIDDEN_CAPABILITY = Capability(
    id="C-031",
    kind="pilot_line",
    title="示例秦川 MEMS 中试线",
    organisation=HIDDEN_OWNER,
    summary="示例秦川精密传感器有限公司的 6 英寸 MEMS 中试线对外开放，可流片 SiC 压力芯片。",
    ip_references=("ZL202210008888.1",),
    confidentiality="anonymous",
)
SECRET_CAPABILITY = Capability(
    id="SECRET-CAP",
    title="保密的相变材料成果",
    organisation=SECRET_LAB,
    summary="保密的相变材料，示例秘密研究院",
    confidentiality="private",
)
FABRIC = Capability(
    id="C-040",
    kind="patent",
    title="芳纶/粘胶混纺阻燃织物及其整理方法",
    organisation=INSTITUTE,
    summary="=HYPERLINK 不是公式。混纺阻燃织物成本较纯芳纶降低 35%，损毁长度 85 mm。",
    indicators="损毁长度 85mm；克重 240g/m²",
    trl=7,
    ip_status="granted",
    price=Money(low=1_200_000, high=1_200_000),
    cooperation_modes=("assignment",),
)
OPTICS = Capability(
    id="C-051",
    title="Wavefront sensing for free-form optics",
    organisation=ABROAD,
    summary=(
        "A non-contact wavefront sensor measures the form error of micro-lens arrays inline. "
        "Accuracy better than 30 nm at 6 s per wafer has been shown on 150 mm wafers."
    ),
    trl=5,
    cooperation_modes=("licence",),
)

PROVENANCE = Provenance(
    version="0.1.0",
    data_revision="r-2026-11-20-3f9c",
    encoder="e5-small-int8",
    encoder_fingerprint="sha256:4b1d7c52e0a9",
    weights="dense 0.50, bm25 0.20, evidence 0.30",
    date="2026-11-22T18:45:00+08:00",
)


def span(record: Need | Capability, field: str, text: str) -> Span:
    """Return where a record says something; ValueError if it does not."""
    start = getattr(record, field).index(text)
    return Span(field, start, start + len(text), text)


def pair(
    need: Need, asked: tuple[str, str], capability: Capability, said: tuple[str, str],
    similarity: float = 0.6,
) -> Evidence:  # fmt: skip
    """Return the evidence for two quotes, each (field, text)."""
    return Evidence(span(need, *asked), span(capability, *said), similarity)


def legs(dense: int | None, bm25: int | None, similarity: float = 0.0) -> tuple[Leg, ...]:
    """Return the legs of a match; ``similarity`` is for pairs that sentences rank, 0 for others."""
    found = (("dense", dense, 0.5), ("bm25", bm25, 0.2))
    searches = (
        Leg(name, rank, None if rank is None else 1 / (rank + 1),
            0.0 if rank is None else weight / (rank + 1))  # type: ignore[arg-type]
        for name, rank, weight in found
    )  # fmt: skip
    return (
        *searches,
        Leg("evidence", None, similarity or 0.41, 0.3 * similarity),
        Leg("crowding", None, 0.12, -0.06),
        Leg("language", None, None, 0.07 if similarity else 0.0),
    )


def bare(need: Need, capability: Capability, rank: int, **more: object) -> Match:
    """Return a match without any proof."""
    match = Match(need, capability, rank, 0.9 / rank, legs(rank, rank), (), (), (), (), ())
    return replace(match, **more)  # type: ignore[arg-type]


def sensor_matches() -> tuple[Match, ...]:
    """Return the matches of the anonymous need: one full, one in English, one anonymous."""
    need = SENSOR_NEED
    packaging = pair(
        need, ("key_technology", "SiC 敏感芯片的欧姆接触工艺；耐高温无引线封装。"),
        SIC, ("summary", "研制了基于 SiC 的高温压力传感器敏感芯片，采用无引线封装。"), 0.83,
    )  # fmt: skip
    drift = pair(
        need, ("problem", "高温下零点漂移大，每次试车前都要重新标定。"),
        SIC, ("summary", "欧姆接触在 600℃ 下 1000 小时电阻变化小于 5%。"), 0.51,
    )  # fmt: skip
    use = pair(
        need, ("problem", "航空发动机试车台需要在高温环境下长期测量压力"),
        SIC, ("prior_applications", "已在某型燃气轮机试验台上完成 300 小时试用。"), 0.48,
    )  # fmt: skip
    owner = span(need, "problem", "示例秦川传感采购周期超过 8 个月。")
    first = Match(
        need, SIC, 1, 0.8123456, legs(1, 2), (packaging, drift, use),
        (
            Coverage(packaging.need, packaging), Coverage(drift.need, drift), Coverage(owner, None),
            Coverage(span(need, "expected_outcome", "形成小批量供货能力，替代进口产品。"), None),
        ),
        (
            IndicatorCheck(span(need, "indicators", "工作温度≥500℃"),
                           span(SIC, "indicators", "工作温度 -55~600℃"), "met",
                           "≥ 500 °C", "-55~600 °C"),
            IndicatorCheck(span(need, "indicators", "精度优于 0.5%FS"),
                           span(SIC, "indicators", "精度 1%FS"), "not_met", "≤ 0.5 %FS", "1 %FS"),
            IndicatorCheck(span(need, "indicators", "寿命不低于 2000 小时"), None, "not_stated",
                           "≥ 2000 h", ""),
        ),
        (
            Fit("trl", True, "TRL ≥ 6", "TRL 6"),
            Fit("cooperation_mode", True, "joint_development、licence", "joint_development"),
            Fit("region", False, "陕西省", "江苏省"),
        ),
        ("capacity",), 0.72,
    )  # fmt: skip
    english = pair(
        need, ("key_technology", "耐高温无引线封装"),
        SOI,
        ("summary",
         "The group develops leadless packaging for MEMS pressure sensors up to 350 °C."),
        0.55,
    )  # fmt: skip
    second = bare(
        need, SOI, 2, evidence=(english,), coverage=(Coverage(english.need, english),),
        fits=(Fit("trl", False, "TRL ≥ 6", "TRL 4"),
              Fit("cooperation_mode", False, "joint_development", "service")),
        missing=("budget", "region"), legs=legs(3, None, 0.55), probability=0.41,
    )  # fmt: skip
    line = pair(
        need, ("problem", "示例秦川传感采购周期超过 8 个月。"),
        HIDDEN_CAPABILITY, ("summary", "示例秦川精密传感器有限公司的 6 英寸 MEMS 中试线对外开放"),
    )  # fmt: skip
    third = bare(need, SECRET_CAPABILITY, 3, probability=0.3)
    fourth = bare(
        need, HIDDEN_CAPABILITY, 4, evidence=(line,), coverage=(Coverage(line.need, line),),
        fits=(Fit("region", True, "示例秦川", "示例秦川"),), probability=0.22,
    )  # fmt: skip
    return first, second, third, fourth


def fabric_match() -> Match:
    """Return a match with indicators of all three verdicts and cells that look like formulas."""
    cost = pair(
        FABRIC_NEED, ("problem", "现有芳纶阻燃织物成本高，客户要求单价降低三成"),
        FABRIC, ("summary", "混纺阻燃织物成本较纯芳纶降低 35%，损毁长度 85 mm。"),
    )  # fmt: skip
    formula = pair(
        FABRIC_NEED, ("indicators", "损毁长度≤100mm"), FABRIC, ("summary", "=HYPERLINK 不是公式。")
    )
    checks = (
        ("损毁长度≤100mm", "损毁长度 85mm", "met", "≤ 100 mm", "85 mm"),
        ("热防护性能 TPP≥28cal/cm²", None, "not_stated", "≥ 28 cal/cm²", ""),
        ("克重≤220g/m²", "克重 240g/m²", "not_met", "≤ 220 g/m²", "240 g/m²"),
    )
    return bare(
        FABRIC_NEED, FABRIC, 1, evidence=(cost, formula),
        coverage=(Coverage(cost.need, cost), Coverage(formula.need, formula)),
        indicators=tuple(
            IndicatorCheck(
                span(FABRIC_NEED, "indicators", asked),
                span(FABRIC, "indicators", said) if said else None,
                verdict, need, capability,  # type: ignore[arg-type]
            )
            for asked, said, verdict, need, capability in checks
        ),
        fits=(Fit("budget", False, "80 万元", "120 万元"),), missing=("trl", "region"),
        probability=0.64,
    )  # fmt: skip


def optics_match() -> Match:
    """Return a match of an English need and an English capability."""
    form = pair(
        ENGLISH_NEED,
        ("problem", "We need an inline method that measures form error with accuracy better than "
         "50 nm & does not touch the surface, <10 s per wafer."),
        OPTICS,
        ("summary", "A non-contact wavefront sensor measures the form error of micro-lens arrays "
         "inline."),
    )  # fmt: skip
    check = IndicatorCheck(
        span(ENGLISH_NEED, "problem", "accuracy better than 50 nm"),
        span(OPTICS, "summary", "Accuracy better than 30 nm"), "met", "≤ 50 nm", "30 nm",
    )  # fmt: skip
    return bare(
        ENGLISH_NEED, OPTICS, 1, evidence=(form,), coverage=(Coverage(form.need, form),),
        indicators=(check,), missing=("trl", "budget"), probability=0.58,
    )  # fmt: skip


def office_run() -> Run:
    """Return a run as an office makes it: found, not found, anonymous and private needs."""
    return Run(
        lists=(
            MatchList(SENSOR_NEED, sensor_matches(), (Excluded("own_organisation", 2),)),
            MatchList(FABRIC_NEED, (fabric_match(),), (Excluded("expired", 1),)),
            MatchList(ENGLISH_NEED, (optics_match(),)),
            MatchList(SHORT_NEED, (), (Excluded("kind", 3),), "too_short"),
            MatchList(SECRET_NEED, (), (), "confidential"),
        ),
        provenance=PROVENANCE,
        needs_file="/home/someone/desk/示例区2026年第四季度企业需求.xlsx",
        capabilities_file="C:\\desk\\成果库 capabilities.csv",
        rejections=(
            Rejection("示例区2026年第四季度企业需求.xlsx", "需求", 12, "预算",
                      "金额“面议（示例秦川）”没有看懂，请写数字和单位，如 50 万元。",
                      "The amount “面议（示例秦川）” was not understood: write a number, a unit.",
                      "面议（示例秦川）"),
            Rejection("成果库 capabilities.csv", "", 0, "", "编码按 GB18030 读取。",
                      "The file was read as GB18030.", ""),
        ),
        duplicates=(Duplicate("C-017", "C-051", 1.0, "capability"),
                    Duplicate("N-001", "N-002", 0.971, "need"),
                    Duplicate("SECRET-CAP", "C-017", 0.99, "capability")),
        need_count=5,
        capability_count=1200,
    )  # fmt: skip


def test_every_quote_of_the_examples_stands_in_its_record() -> None:
    """The other tests would prove nothing on quotes that were never there."""
    for found in office_run().lists:
        for match in found.matches:
            spans = [(match.need, item.need) for item in match.evidence]
            spans += [(match.need, item.part) for item in match.coverage]
            sides = [(match.capability, item.capability) for item in match.evidence]
            for record, quote in (*spans, *sides):
                assert getattr(record, quote.field)[quote.start : quote.end] == quote.text
