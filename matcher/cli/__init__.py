"""The ``matcher`` command. It reads options and prints; the work is done elsewhere.

A command is one line in COMMANDS and a module with a click command called ``command``. Modules
are imported when they are used, and none may import heavy libraries at its top.
"""

from __future__ import annotations

import sys

from matcher.cli.base import Entry, Group, prepare_output, run_safely, say, use_language
from matcher.garbage import collect_apart
from matcher.threads import one_thread_a_product

COMMANDS = (
    Entry(
        "match", "matcher.cli.match", "匹配需求与成果，写出报告", "Match needs, write the report"
    ),
    Entry("assign", "matcher.cli.assign", "统筹分配整批需求", "Assign partners over a batch"),
    Entry("search", "matcher.cli.search", "为一段话找合作方", "Find partners for one text"),
    Entry(
        "consortium",
        "matcher.cli.consortium",
        "为一项需求组建创新联合体",
        "Form a consortium for one need",
    ),
    Entry(
        "linkage",
        "matcher.cli.linkage",
        "企业间联动：联合委托、联合供给、供需对接",
        "Link enterprises with each other",
    ),
    Entry(
        "alliances",
        "matcher.cli.alliances",
        "归并主题，组织产业技术联盟",
        "Find themes, form alliances",
    ),
    Entry("check", "matcher.cli.check", "检查文件能否读取", "Check how files are read"),
    Entry("encoder", "matcher.cli.encoder", "准备和查看编码器", "Prepare and show the encoder"),
    Entry("index", "matcher.cli.index", "建立和查看成果索引", "Build and show a saved index"),
    Entry("evaluate", "matcher.cli.evaluate", "衡量排序质量", "Measure the ranking"),
    Entry("judge", "matcher.cli.judge", "逐对评判匹配", "Judge matches pair by pair"),
    Entry("learn", "matcher.cli.learn", "从决定中学习排序", "Learn from decisions"),
    Entry("calibrate", "matcher.cli.calibrate", "校准匹配的概率", "Calibrate probabilities"),
    Entry("serve", "matcher.cli.serve", "打开网页版", "Open the web page"),
    Entry("db", "matcher.cli.db", "建立、升级、备份数据库", "Set up and back up the database"),
    Entry("settings", "matcher.cli.settings", "列出全部设置", "List every setting"),
)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    use_language(arguments)
    prepare_output()
    group = Group(
        "matcher",
        COMMANDS,
        say(
            "为技术需求找到合适的成果和合作方，并引用双方原文说明理由。全程离线。",
            "Find the partner who can meet a technical need, and quote both sides. All offline.",
        ),
        """
        matcher encoder prepare
        matcher match 需求.xlsx 成果.xlsx -o 报告
        matcher search "耐高温压力传感器芯片" --in 成果.xlsx
        """,
        codes=True,
    )
    return run_safely(group, arguments)


def main() -> None:
    """Run the command and leave with its exit code."""
    one_thread_a_product()
    collect_apart()
    sys.exit(run(sys.argv[1:]))
