"""What the tests of the records' pages share: an office to write to, a need, its form."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from conftest import make_office
from live_client import fields_of
from web_fixtures import Browser, Office

from matcher.encode.base import Encoder
from matcher.store import open_store
from matcher.store.models import Need

__all__ = ["FULL", "add", "copied", "fields_of", "need"]

FULL = {
    "title": "示例密封件高温老化",
    "problem": "氟橡胶密封件在 200 ℃ 油中三个月后开裂。",
    "key_technology": "耐热配方",
    "indicators": "使用温度≥220℃；寿命≥12个月",
    "expected_outcome": "交付样件",
    "fields": ["new_materials"],
    "kind": "technology",
    "keywords": "密封、氟橡胶",
    "budget": "30-50万元",
    "deadline": "2027-06-30",
    "cooperation_modes": ["joint_development", "licence"],
    "trl_min": "5",
    "partner_kinds": ["university"],
    "regions": "示例东区",
    "exclusions": "",
    "confidentiality": "public",
    "status": "draft",
    "valid_until": "",
    "version": "",
}


def copied(office: Office, encoder: Encoder, folder: Path) -> Iterator[Office]:
    """Yield an application over a copy of an office's database."""
    path = folder / "副本.sqlite"
    assert office.store.path is not None
    with closing(sqlite3.connect(office.store.path)) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
    store = open_store(str(path))
    made = make_office(store, encoder, DATA_FOLDER=folder / "data")
    yield made
    made.search.stop()
    store.close()


def add(browser: Browser, **more: object) -> int:
    """Save a need by the form, and return its number."""
    page = browser.post("/needs/new", {**FULL, **more})
    assert page.status_code == 302, re.findall(r'field-error"[^>]*>([^<]+)', page.text)
    found = re.search(r"/needs/(\d+)", page.headers["Location"])
    assert found is not None
    return int(found[1])


def need(office: Office, number: int) -> Need:
    """Return a need as it is stored."""
    with office.store.reading() as session:
        row = session.get_one(Need, number)
        assert row.organisation is None or row.organisation.name
        return row
