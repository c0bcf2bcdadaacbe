"""From a cell of any type to clean text, and the numerals that Chinese forms are filled with."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

_ENDS = " \t\n\r\u3000\u00a0\ufeff\u200b"
_NOTHING = frozenset({"无", "暂无", "没有", "n/a", "na", "nan", "none", "null", "nil", "nat"})
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)")
_DIGITS = {ch: i for i, ch in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}


class CellProblem(ValueError):
    """A cell whose value was not understood; the sentence ends with what to write instead."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def in_form(self, lang: str) -> str:
        """Return the sentence for a form, which keeps what was typed and asks again."""
        if lang == "en":
            return self.en.replace(", and was left empty", "").replace(" and was left empty", "")
        return self.zh.replace("，已留空", "")


def clean_text(text: str) -> str:
    """Return text as written, without control characters, lone surrogates and outer blanks.

    Line ends become ``\\n``; tabs stay.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isprintable():
        text = "".join(
            ch for ch in text if ch in "\n\t" or unicodedata.category(ch) not in ("Cc", "Cs")
        )
    return text.strip(_ENDS)


def as_text(value: Any) -> str:
    """Return a cell as the text that a reader of the file would see.

    A number without a fraction loses its ".0", a date is written YYYY-MM-DD, the items of a list
    stand on lines of their own.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "\n".join(text for item in value if (text := as_text(item)))
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, item in value.items() if (text := as_text(item)))
    return clean_text(str(value))


def is_nothing(text: str) -> bool:
    """Return whether a text only says that there is nothing: empty, "/", "—", "无", "N/A"."""
    return not any(ch.isalnum() for ch in text) or text.strip("()（）").casefold() in _NOTHING


def is_error(text: str) -> bool:
    """Return whether a text is a spreadsheet's error value such as #N/A."""
    return _ERROR.fullmatch(text) is not None


def plain(text: str) -> str:
    """Return text for parsing: half width, lower case, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def chinese_number(text: str) -> int | None:
    """Return the value of a numeral below ten thousand such as 十二, 二百 or 两千零五十.

    A row of digits (二〇二六) is read digit by digit. None if it is not a numeral.
    """
    if not text:
        return None
    if all(ch in _DIGITS for ch in text):
        return int("".join(str(_DIGITS[ch]) for ch in text))
    total, digit = 0, -1
    for ch in text:
        if ch in _DIGITS:
            digit = _DIGITS[ch]
        elif ch in _UNITS:
            total += (1 if digit < 0 else digit) * _UNITS[ch]
            digit = -1
        else:
            return None
    return total + max(digit, 0)
