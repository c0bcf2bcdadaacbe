"""An office in the middle of its work: the sample's records, people, lists, decisions, batches.

What the pages are looked at with; the walks begin from nothing instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from argon2 import PasswordHasher
from cli_fixtures import SAMPLE, sample_rows, write_csv
from sqlalchemy import update
from web_fixtures import PASSWORD, ROLES, add_user

from matcher.ingest import read_capabilities, read_needs
from matcher.store import open_store
from matcher.store.accounts import invite
from matcher.store.importing import import_records
from matcher.store.models import User

ENTERPRISE, INSTITUTE = "示例芯联封装有限公司", "示例江北大学材料学院"
#: What the small office has: two needs of the enterprise, one that nothing fits, an anonymous one.
FEW_NEEDS = ("N001", "N002", "N006", "N009", "N104")
FEW_CAPABILITIES = ("C001", "C002", "C003", "C004", "C007", "C008", "C012", "C016", "C021", "C055")
#: An anonymous need whose text says who is asking.
LEAKING = {
    "需求编号": "示例-9",
    "需求名称": "车规温度传感器封装开裂",
    "主要问题": f"我司（{ENTERPRISE}）的传感器封装在高温下开裂，请致电 13800000000。",
    "主要技术指标": "使用温度越高越好；寿命≥10年",
    "保密要求": "匿名",
    "状态": "草稿",
    "单位名称": ENTERPRISE,
    "技术领域": "先进传感器",
}
#: A file with a heading that nobody knows, and a row that cannot be read.
FILE = [
    {
        "编号": "示例-1",
        "项目叫什么": "高温压力传感器芯片",
        "主要问题": "现有芯片超过 150 ℃ 后漂移，需要在 220 ℃ 长期工作。",
        "预算": "80万元",
        "单位名称": "示例海晏微系统有限公司",
    },
    {"编号": "示例-2", "项目叫什么": "", "主要问题": "", "预算": "约三十万", "单位名称": ""},
    {
        "编号": "示例-3",
        "项目叫什么": "涂布线表面缺陷在线检测",
        "主要问题": "薄膜宽 1.6 m，车速 60 m/min，需要检出 0.1 mm 的缺陷。",
        "预算": "50-80万元",
        "单位名称": "示例远帆新材料有限公司",
    },
]
#: What colleagues read instead of the user names of the tests.
NAMES = {
    "administrator": "示例·管理员", "transfer_manager": "示例·李经理", "enterprise": "示例·王工",
    "institute": "示例·陈老师", "reviewer": "示例·评审专家", "visitor": "示例·访客",
}  # fmt: skip


def stock(
    home: Path, needs: Iterable[str] = (), capabilities: Iterable[str] = ()
) -> dict[str, str]:  # fmt: skip
    """Fill the database of a home folder with records and a user of every role, called like it.

    ``needs`` and ``capabilities`` are the sample's rows to take; none of them: all. Returns the
    token of an invitation.
    """
    store = open_store(str(home / "alleymatch.sqlite"))
    hasher = PasswordHasher(time_cost=1, memory_cost=1024)
    owners = {"enterprise": ENTERPRISE, "institute": INSTITUTE}
    try:
        asked = read_needs(_cut("needs.csv", needs, home))
        offered = read_capabilities(_cut("capabilities.csv", capabilities, home))
        leaking = read_needs(write_csv(home / "匿名需求.csv", [LEAKING]))
        with store.writing() as session:
            import_records(session, asked, None, "示例需求.xlsx")
            import_records(session, offered, None, "示例成果.xlsx")
            import_records(session, leaking, None, "匿名需求.csv")
        for name in ROLES:
            add_user(store, name, name, owners.get(name, ""), hasher.hash(PASSWORD))
        with store.writing() as session:
            for name, shown in NAMES.items():
                session.execute(update(User).where(User.username == name).values(name=shown))
            token = invite(session, "zhang@example.com", "institute", None, None)
    finally:
        store.close()
    return {"invitation": token}


def _cut(name: str, wanted: Iterable[str], home: Path) -> Path:
    chosen = list(wanted)
    return write_csv(home / name, sample_rows(name, chosen)) if chosen else SAMPLE / name
