"""The name under which an upload is saved."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import FileStorage

from matcher.errors import InputError
from web.uploads import safe_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("需求 汇总.xlsx", "需求 汇总.xlsx"),
        ("../../etc/needs.CSV", "needs.csv"),
        ("C:\\共享\\需求（一）.docx", "需求（一）.docx"),
        ("\x00<b>;.jsonl", "b.jsonl"),
        ("***.tsv", "file.tsv"),
        ("长" * 300 + ".csv", "长" * 60 + ".csv"),
    ],
)
def test_a_name_leads_nowhere_and_stays_readable(given: str, expected: str) -> None:
    assert safe_name(FileStorage(filename=given)) == expected


@pytest.mark.parametrize("given", ["", "need", "need.exe", "need.xlsx.sh", ".csv"])
def test_another_type_is_refused_with_what_is_read(given: str) -> None:
    with pytest.raises(InputError) as refused:
        safe_name(FileStorage(filename=given))
    assert "xlsx" in refused.value.zh
