"""One application with the sample's records and a user of every role, and empty ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_fixtures import CAPABILITIES, NEEDS, sample_rows, write_csv
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from match_fixtures import copied
from web_fixtures import PASSWORD, ROLES, Office, add_user

from matcher.encode import open_encoder
from matcher.encode.base import Encoder
from matcher.ingest import read_capabilities, read_needs
from matcher.store import Store, open_store
from matcher.store.importing import import_records
from web import Application, create_app
from web.batch.worker import Worker
from web.jobs import kinds_of
from web.searcher import Searcher

#: Organisations that own records of the sample.
ENTERPRISE, INSTITUTE = "示例海晏微系统有限公司", "示例江北大学材料学院"


@pytest.fixture(scope="session")
def encoder(prepared: Path) -> Encoder:
    """The prepared encoder, opened once."""
    return open_encoder()


@pytest.fixture(scope="session", autouse=True)
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compile a template once, not again in each of hundreds of applications."""
    kept = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Application, "jinja_options", {"bytecode_cache": kept})
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database; copying one is quicker than making one."""
    path = tmp_path_factory.mktemp("web") / "template.sqlite"
    open_store(str(path)).close()
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    shutil.copy(template, tmp_path / "库.sqlite")
    opened = open_store(str(tmp_path / "库.sqlite"))
    yield opened
    opened.close()


def make_office(store: Store, encoder: Encoder, **config: object) -> Office:
    """Return an application over a store, limits off unless asked for."""
    search = Searcher(store, encoder).start()
    settings: dict[str, object] = {
        "RATELIMIT_ENABLED": False,
        "OPEN_SEARCH": True,
        "TESTING": False,
    }
    if chosen := os.environ.get("WEB_PARTS"):
        # While one part is being written the others can be tested without it.
        settings["PARTS"] = tuple(chosen.split())
    settings |= config
    app: Flask = create_app(store, search, settings)
    return Office(app, store, search)


@pytest.fixture
def fresh(store: Store, encoder: Encoder) -> Iterator[Office]:
    """An application at its first start."""
    office = make_office(store, encoder)
    yield office
    office.search.stop()


@pytest.fixture(scope="session")
def hashed(template: Path, encoder: Encoder) -> str:
    """The hash of everybody's password, a cheap one: with the product's, signing in takes 0.1 s."""
    from web.account.service import hashed as hash_of

    store = open_store(str(template))
    cheap = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}
    config = {
        "PARTS": ("web.home", "web.account"),
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": cheap,
    }
    app = create_app(store, Searcher(store, encoder), config)
    with app.app_context():
        found = hash_of(PASSWORD)
    store.close()
    return found


@pytest.fixture
def small(fresh: Office, hashed: str) -> Office:
    """An application without records, with an administrator called 管理员."""
    add_user(fresh.store, "管理员", "administrator", hashed=hashed)
    return fresh


@pytest.fixture(scope="session")
def office(
    tmp_path_factory: pytest.TempPathFactory, template: Path, encoder: Encoder, hashed: str
) -> Iterator[Office]:
    """The sample's records and a user of every role, called like the role; do not change it."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copy(template, folder / "库.sqlite")
    store = open_store(str(folder / "库.sqlite"))
    needs = write_csv(folder / "需求.csv", sample_rows("needs.csv", NEEDS))
    rows = sample_rows("capabilities.csv", CAPABILITIES)
    rows[1]["保密要求"], rows[2]["保密要求"] = "匿名", "保密"
    offers = write_csv(folder / "成果.csv", rows)
    with store.writing() as session:
        import_records(session, read_needs(needs), None, "需求.csv")
        import_records(session, read_capabilities(offers), None, "成果.csv")
    owners = {"enterprise": ENTERPRISE, "institute": INSTITUTE}
    for name in ROLES:
        add_user(store, name, name, owners.get(name, ""), hashed)
    made = make_office(store, encoder)
    made.search.settle(60)
    yield made
    made.search.stop()
    store.close()


@pytest.fixture
def desk(
    office: Office, encoder: Encoder, tmp_path: Path
) -> Iterator[tuple[Office, Worker, Path]]:  # fmt: skip
    """An office to change, the worker of its queue, and a folder; files are in 数据."""
    made = copied(office, encoder, tmp_path, searching=False)
    made.app.config["DATA_FOLDER"] = tmp_path / "数据"
    yield made, Worker(made.store, tmp_path / "数据", kinds_of(made.app), encoder), tmp_path
    made.store.close()
