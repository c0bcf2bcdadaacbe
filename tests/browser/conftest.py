"""One chromium for all browser tests, and one furnished office for those that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from furniture import FEW_CAPABILITIES, FEW_NEEDS, stock
from office import Office, Room
from playwright.sync_api import Browser
from rooms import furnish
from site_fixtures import LANGUAGES, chromium, chromium_path, house, serve
from steps import Say, speaker


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The chromium that is installed."""
    if chromium_path() is None:
        pytest.skip("no chromium is installed (Debian: apt install chromium)")
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def office(
    browser: Browser, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A server with a few of the sample's records and a user of every role."""
    home = house(tmp_path_factory.mktemp("office") / "home", prepared)
    tokens = stock(home, FEW_NEEDS, FEW_CAPABILITIES)
    with serve(home) as site:
        yield Office(site, browser, tokens)


@pytest.fixture(scope="session")
def rooms(office: Office) -> list[Room]:
    """Every page of the office, after a week's work in it."""
    return furnish(office)


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    """Each of the languages."""
    return str(request.param)


@pytest.fixture
def say(lang: str) -> Say:
    """What gives the interface's texts in that language."""
    return speaker(lang)
