"""A small office in which every record carries words that nothing else has.

A public, an anonymous and a private need, and as many capabilities. The two that are not public
belong to organisations without a public record, so that their names may show nowhere.
"""

from __future__ import annotations

import io
import itertools
import logging
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine_fixtures import LetterEncoder
from flask import Flask
from sqlalchemy import select
from web_fixtures import Browser, Office, add_user
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from matcher import records
from matcher.store import open_store
from matcher.store.backup import backup
from matcher.store.editing import create
from matcher.store.models import (
    Capability,
    Deal,
    Import,
    Invitation,
    Job,
    Match,
    Need,
    Organisation,
    Review,
    SavedSearch,
    User,
)
from web import create_app
from web.batch.worker import Worker
from web.jobs import kinds_of
from web.searcher import Searcher

#: Actor → role and organisation.
ACTORS = {
    "administrator": ("administrator", ""),
    "manager": ("transfer_manager", ""),
    "owner": ("enterprise", "示例省隐鲸甲微系统有限公司"),
    "rival": ("enterprise", "示例明星丙电子有限公司"),
    "inventor": ("institute", "示例省隐鹤乙大学"),
    "institute": ("institute", "示例明灯丁研究所"),
    "reviewer": ("reviewer", ""),
    "visitor": ("visitor", ""),
}
SAID = "高温压力传感器芯片的陶瓷封装在台架上开裂，需要低温玻璃浆料键合工艺。"
#: What tells who the two hidden organisations are: short names, aliases, people, sites, numbers.
IDENTITY = {
    "owner": ("隐鲸甲微系统", "鲸舰己牌", "密鲸", "zqwhale.example", "91610131MA6TXQWH1K",
              "13900010001"),
    "inventor": ("隐鹤乙大学", "鹤翼戊牌", "密鹤", "zqcrane.example", "12610000435XQCRN2X",
                 "13900010002"),
}  # fmt: skip
#: The records by side and confidentiality: the actor that owns it, the words of its texts.
OWNED = {
    ("need", "public"): ("rival", ("zqtitlenpub", "zqbodynpub")),
    ("need", "anonymous"): ("owner", ("zqtitlenano", "zqbodynano")),
    ("need", "private"): ("owner", ("zqtitlenpri", "zqbodynpri")),
    ("capability", "public"): ("institute", ("zqtitlecpub", "zqbodycpub")),
    ("capability", "anonymous"): ("inventor", ("zqtitlecano", "zqbodycano")),
    ("capability", "private"): ("inventor", ("zqtitlecpri", "zqbodycpri")),
}
FILE_WORD = "zqwaitingfile"
STAFF = ("administrator", "manager")
#: The reviewer's number: users are made in the order of ACTORS.
REVIEWER = 1 + list(ACTORS).index("reviewer")


def hidden_from(actor: str) -> dict[str, tuple[str, ...]]:
    """Return what an actor may read nowhere: owner → words."""
    if actor in STAFF:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for holder, words in IDENTITY.items():
        if holder != actor:
            private = [w for (_, kind), (by, w) in OWNED.items() if by == holder == by
                       and kind == "private"]  # fmt: skip
            found[holder] = (*words, *private[0])
    if actor != "owner":
        found["owner"] = (*found.get("owner", ()), FILE_WORD)
    return found


def _record(side: str, confidentiality: str) -> records.Offer:
    actor, (title, body) = OWNED[side, confidentiality]
    code = f"{side[0].upper()}-{confidentiality[:3]}"
    if actor in IDENTITY:
        short, alias, person, site, credit, phone = IDENTITY[actor]
        owner = records.Organisation(
            name=ACTORS[actor][1], aliases=(alias,), website=f"https://{site}", kind="enterprise",
            district="示例东区",
        )  # fmt: skip
        reach = (
            f"{short}（{alias}）提出，联系人：王{person}，电话 {phone}，见 {site}，代码{credit}。"
        )
    else:
        owner, reach = records.Organisation(name=ACTORS[actor][1]), ""
    shared = {
        "id": code, "title": f"陶瓷封装 {title}", "organisation": owner,
        "confidentiality": confidentiality, "keywords": (f"封装{body}",), "status": "published",
    }  # fmt: skip
    text = f"{SAID}批号 {body}。{reach}"
    if side == "need":
        return records.Need(problem=text, **shared)
    return records.Capability(summary=text, **shared)


@dataclass(frozen=True)
class World:
    """The office, its folder, and every number that stands in an address."""

    office: Office
    folder: Path
    numbers: Mapping[str, Sequence[object]]

    @property
    def app(self) -> Flask:
        """The application."""
        return self.office.app

    def close(self) -> None:
        """End it."""
        self.office.search.stop()
        self.office.store.close()


def _opened(path: Path, folder: Path) -> Office:
    store = open_store(str(path))
    search = Searcher(store, LetterEncoder()).start()
    search.settle(60)
    config = {
        "RATELIMIT_ENABLED": False, "OPEN_SEARCH": True, "TESTING": False,
        "DATA_FOLDER": folder / "data",
    }  # fmt: skip
    return Office(create_app(store, search, config), store, search)


def build(template: Path, folder: Path, hashed: str) -> World:
    """Fill an office with records, lists, decisions, batches, an import and a waiting file."""
    path = folder / "库.sqlite"
    path.write_bytes(template.read_bytes())
    store = open_store(str(path))
    for name, (role, organisation) in ACTORS.items():
        add_user(store, name, role, organisation, hashed)
    with store.writing() as session:
        for side, confidentiality in OWNED:
            create(session, _record(side, confidentiality), None)
    store.close()
    office = _opened(path, folder)
    manager = office.browser("manager")
    for name in ("manager", "owner", "inventor", "rival", "institute", "reviewer"):
        browser = office.browser(name)
        for kind, number in itertools.product(("needs", "capabilities"), (1, 2, 3)):
            browser.get(f"/matches/{kind}/{number}")
            browser.post(f"/matches/{kind}/{number}")
    with office.store.reading() as session:
        matches = list(session.scalars(select(Match.id).order_by(Match.id)))
    for number in matches:
        manager.post(f"/matches/{number}/decide", {"verdict": "accept", "side": "need"})
        manager.post(f"/matches/{number}/reviews", {"reviewer": str(REVIEWER)})
    kept = {"of": "need", "text": FILE_WORD, "name": FILE_WORD}
    office.browser("owner").post("/searches", kept, page="/account")
    for reader in ("others", "office"):
        data = {"source": "store", "offers": "store", "top": "5", "reader": reader}
        manager.post("/batch", data, content_type="multipart/form-data")
        assert Worker(
            office.store, folder / "data", kinds_of(office.app), LetterEncoder()
        ).run_once()
    for address in ("/plan/alliances", "/plan/linkage"):
        manager.post(address, {"reader": "others", "previous": ""})
        worker = Worker(office.store, folder / "data", kinds_of(office.app), LetterEncoder())
        assert worker.run_once()
    manager.post("/people/invitations", {"email": "zq@example.com", "role": "visitor"})
    token = _waiting(office.browser("owner"))
    page = office.browser("owner").get(f"/imports/waiting/{token}").text
    revision = re.search(r'name="revision" value="(\w+)"', page)
    assert revision
    office.browser("owner").post(
        f"/imports/waiting/{token}/confirm", {"revision": revision[1], "existing": "new"}
    )
    token = _waiting(office.browser("owner"))
    office.search.settle(60)
    return World(office, folder, _numbers(office, token))


def _waiting(browser: Browser) -> str:
    text = f"需求名称,主要问题,保密要求\n{FILE_WORD},开裂,保密\n"
    answer = browser.post(
        "/needs/import", {"file": (io.BytesIO(text.encode()), "需求.csv")},
        content_type="multipart/form-data",
    )  # fmt: skip
    return answer.headers["Location"].rsplit("/", 1)[1]


def _numbers(office: Office, token: str) -> dict[str, list[object]]:
    models = {
        "need": Need, "capability": Capability, "match": Match, "deal": Deal, "job": Job,
        "review": Review, "search": SavedSearch, "import": Import, "user": User,
        "invitation": Invitation, "organisation": Organisation,
    }  # fmt: skip
    with office.store.reading() as session:
        found: dict[str, list[object]] = {
            name: [*session.scalars(select(model.id).order_by(model.id).limit(4)), 999]
            for name, model in models.items()
        }
    assert all(len(ids) > 1 for ids in found.values()), found
    found["record"] = [1, 2, 3, 4, 999]
    return {**found, "waiting": [token], "token": ["zqtoken"], "": [1]}


def copy(world: World, folder: Path) -> World:
    """Return a world of its own, to change."""
    import shutil

    path = folder / "副本.sqlite"
    backup(world.office.store.engine.url, path)
    shutil.copytree(world.folder / "data", folder / "data")
    return World(_opened(path, folder), folder, world.numbers)


def paths(app: Flask, rule: Rule, what: str, world: World) -> Iterator[str]:
    """Yield the addresses of a route, with every number that there is."""
    values = {
        "number": world.numbers[what], "subject": ["new", *world.numbers["record"]],
        "token": world.numbers.get(what, []), "name": ["report.xlsx", "report.docx", "report.html",
        "matches.csv", "matches.jsonl", "open_search", "alliances.xlsx"], "table": ["fields"],
        "code": ["new_materials"], "keep": [1, 2], "gone": [2, 3],
    }  # fmt: skip
    names = sorted(rule.arguments)
    for chosen in itertools.product(*(_kinds(rule) if n == "kind" else values[n] for n in names)):
        adapter = app.url_map.bind("localhost")
        yield adapter.build(rule.endpoint, dict(zip(names, chosen, strict=True)))


def _kinds(rule: Rule) -> tuple[str, ...]:
    part = rule.endpoint.partition(".")[0]
    known = {"records": ("need", "capability"), "matches": ("needs", "capabilities")}
    return known.get(part, ("docx", "xlsx"))


def text_of(answer: TestResponse) -> str:
    """Return everything that an answer says: its body, unpacked, and its headers."""
    body = answer.get_data()
    parts = [str(answer.headers)]
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    else:
        parts.append(body.decode("utf-8", "replace"))
    return "\n".join(parts)


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect every line that a server's log would hold, with its traceback."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep, root = Keep(), logging.getLogger()
    before = {name: logging.getLogger(name).level for name in ("web", "matcher", "waitress")}
    root.addHandler(keep)
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(keep)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
