"""Why a row or a cell was not read, as (Chinese, English)."""

from __future__ import annotations

import re

from matcher.ingest.limits import MAX_KEYWORDS, MAX_RECORD_CHARACTERS

DUPLICATE_ID = (
    "编号与前面的行重复，此行没有读取；请改成不同的编号或留空。",
    "This id is that of an earlier row, and the row was not read: change the id or leave it empty.",
)
LONG_ID = (
    "编号过长，此行没有读取；请缩短编号或留空。",
    "The id is too long, and the row was not read: shorten it or leave it empty.",
)
NO_TEXT = (
    "此行没有名称也没有正文，没有读取；请至少填写名称或主要内容。",
    "This row has neither a title nor a body and was not read: fill in one of them.",
)
TOTALS = re.compile(r"(?:合计|总计|小计|共计|total|subtotal):?(?:\d+[项条个家]?)?")
TOTAL = (
    "这是合计行，没有读取。",
    "This is a row of totals and was not read.",
)
TOO_LONG = (
    f"此行文字超过 {MAX_RECORD_CHARACTERS} 字，没有读取；请删去附件内容或拆成几条。",
    f"The text of this row is longer than {MAX_RECORD_CHARACTERS} characters and was not read: "
    "leave out appendices or split it.",
)
ERROR_CELL = (
    "单元格是错误值，已留空；请在表格中改正公式。",
    "The cell holds an error value and was left empty: correct its formula.",
)
UNCLEAR_CONFIDENTIALITY = (
    "看不出是否可以公开，此条已按“保密”处理；请填写：公开、匿名或保密。",
    "This does not say whether the record may be shown, so it is kept private: write public, "
    "anonymous or private.",
)
MANY_KEYWORDS = (
    f"关键词超过 {MAX_KEYWORDS} 个，只保留前 {MAX_KEYWORDS} 个。",
    f"There are more than {MAX_KEYWORDS} keywords; the first {MAX_KEYWORDS} were kept.",
)
NO_NAME = (
    "填写了单位信息但没有单位名称，单位信息未采用；请填写单位名称。",
    "There are details of an organisation but no name, and they were not used: fill in its name.",
)
TOO_WIDE = (
    "此行的格数多于表头，多出的内容未采用；请检查这一行的逗号和引号。",
    "This row has more cells than the header, and the rest was not used: check its commas and "
    "quotes.",
)
