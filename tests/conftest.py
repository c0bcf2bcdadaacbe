"""Shared by all tests: a home folder that outlives a run, the prepared encoder, no network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_fixtures import CAPABILITIES, NEEDS, ROOT, Called, Done, sample_rows, write_csv
from hypothesis import settings

from matcher.garbage import collect_apart

# The same cases in every run, so that a change fails for what it did; the slow run explores.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# As in the product: matcher.garbage says what happens otherwise.
collect_apart()


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """The encoder and the vectors of earlier runs: nothing is encoded twice.

    Each of the processes that share the tests has its own: some tests calibrate in it.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    folder = ROOT / "build" / (f"test-home-{worker}" if worker else "test-home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ALLEYMATCH_"):
                patch.delenv(name)
        patch.setenv("ALLEYMATCH_HOME", str(folder))
        # Set where tests run side by side; tables are as wide as the terminal.
        patch.delenv("COLUMNS", raising=False)
        yield folder


@pytest.fixture(scope="session")
def prepared(home: Path) -> Path:
    """The home with the bundled encoder in it."""
    from matcher.encode.bundled import prepare

    prepare()
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anywhere but this computer."""

    def check(self: socket.socket, address: Any) -> None:
        unix = getattr(socket, "AF_UNIX", None)
        if self.family != unix and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"tests may not connect to {address}")

    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, original: Any = original) -> Any:
            check(self, address)
            return original(self, address)

        monkeypatch.setattr(socket.socket, name, guarded)


@pytest.fixture(scope="session")
def needs_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six needs of the sample."""
    return write_csv(tmp_path_factory.mktemp("needs") / "需求.csv", sample_rows("needs.csv", NEEDS))


@pytest.fixture(scope="session")
def capabilities_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten capabilities of the sample."""
    rows = sample_rows("capabilities.csv", CAPABILITIES)
    return write_csv(tmp_path_factory.mktemp("capabilities") / "成果.csv", rows)


@pytest.fixture
def called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Called:
    """Run a command in this process, which is quicker than one of its own."""
    from matcher.cli import run

    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        capsys.readouterr()
        return Done(run([str(argument) for argument in arguments]), *capsys.readouterr())

    return call
