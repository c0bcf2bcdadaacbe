"""What the tests of the administration share."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from matcher import taxonomy

PAGES = (
    "/admin/organisations", "/admin/organisations/new", "/admin/organisations/1",
    "/admin/organisations/1/edit", "/admin/organisations/1/merge/2", "/admin/lists",
    "/admin/lists/fields", "/admin/lists/trl/4", "/admin/settings", "/admin/log",
    "/admin/log/log.xlsx", "/admin/system", "/admin/system/index",
)  # fmt: skip
FOR_MANAGERS = tuple(page for page in PAGES if page.startswith("/admin/organisations"))
ACTIONS = (
    "/admin/organisations/new", "/admin/organisations/1/edit", "/admin/organisations/1/merge/2",
    "/admin/lists/fields", "/admin/lists/trl/4", "/admin/lists/trl/4/reset",
    "/admin/settings/open_search", "/admin/system/rebuild", "/admin/system/backup",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _packaged_again() -> Iterator[None]:
    yield
    taxonomy.set_changes({})


def field_value(html: str, name: str) -> str:
    """Return what stands in a hidden field."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found is not None
    return found[1]
