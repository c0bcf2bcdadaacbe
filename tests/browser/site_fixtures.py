"""A real ``matcher serve`` process, and the browser that visits it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("zh", "en")
#: How wide an office's screen and a telephone are, in pixels.
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
_PATIENCE = 60.0


def chromium_path() -> str | None:
    """Return where a chromium is installed, None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the installed chromium."""
    # Root has no sandbox.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        yield browser
        browser.close()


def context_of(
    browser: Browser, lang: str = "zh", viewport: ViewportSize = WIDE, **options: Any
) -> BrowserContext:
    """Return the browser of somebody who has not signed in, set to a language."""
    locale = "zh-CN" if lang == "zh" else "en-GB"
    made = browser.new_context(locale=locale, viewport=viewport, **options)
    made.set_default_timeout(15_000)
    return made


@dataclass(frozen=True)
class Site:
    """A running server: its address, what it printed, and its folder."""

    address: str
    folder: Path
    said: list[str]

    @property
    def setup_link(self) -> str:
        """The link that it printed at its first start."""
        return re.findall(r"https?://\S+token=\S+", "".join(self.said))[0]


def house(folder: Path, encoder_home: Path) -> Path:
    """Make a home folder that is new but for the encoder and the vectors of earlier runs."""
    folder.mkdir(parents=True)
    for path in (*encoder_home.glob("encoder"), *encoder_home.glob("vectors.sqlite")):
        (folder / path.name).symlink_to(path.resolve())
    return folder


@contextmanager
def serve(home: Path, **settings: str) -> Iterator[Site]:
    """Run ``matcher serve`` as users do, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ALLEYMATCH_")}
    environment = kept | {
        "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1",
        "ALLEYMATCH_HOME": str(home), **settings,
    }  # fmt: skip
    words = [sys.executable, "-u", "-m", "matcher.cli", "serve", "--port", str(port)]
    said: list[str] = []
    with subprocess.Popen(words, cwd=home, env=environment, encoding="utf-8",
                          stdout=subprocess.PIPE) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said.append(process.stdout.readline())
            address = f"http://127.0.0.1:{port}"
            _wait(address, process)
            if "setup" in _read(f"{address}/"):
                said.append(process.stdout.readline())
            yield Site(address, home, said)
        finally:
            process.terminate()
            process.wait(30)


def _read(address: str) -> str:
    with urllib.request.urlopen(address) as page:
        return str(page.geturl())


def _wait(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _read(f"{address}/log-in")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def sign_in(page: Page, name: str, password: str) -> None:
    """Sign in by the form."""
    page.goto("/log-in")
    page.fill("#identity", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/log-in" not in address)
