"""What the tests of the web application share: a browser without a screen, and people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from matcher.store import Store
from matcher.store.accounts import role
from matcher.store.models import Organisation, User
from matcher.store.parties import Parties
from matcher.store.revision import next_revision
from web.searcher import Searcher

PASSWORD = "示例密码 correct horse"
ROLES = (
    "administrator", "transfer_manager", "enterprise", "institute", "reviewer", "visitor"
)  # fmt: skip
TEXT = "倒装芯片用的低膨胀底部填充胶，25℃黏度不超过 10 Pa·s"


class Browser:
    """A client that takes the token of a form along, as a browser does."""

    def __init__(self, app: Flask, **options: Any) -> None:
        self.client: FlaskClient = app.test_client(**options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **options)

    def token(self, path: str = "/log-in") -> str:
        """Return the token of a page's forms."""
        html = self.client.get(path, follow_redirects=True).text
        found = re.search(r'name="csrf-token" content="([^"]+)"', html)
        assert found is not None
        return found[1]

    def post(
        self, path: str, data: Mapping[str, Any] | None = None, page: str = "/log-in",
        **options: Any,
    ) -> TestResponse:  # fmt: skip
        """Send a form that stands on ``page``."""
        return self.client.post(
            path, data={"csrf_token": self.token(page), **(data or {})}, **options
        )

    def sign_in(self, name: str, password: str = PASSWORD, **options: Any) -> TestResponse:
        """Sign in."""
        return self.post("/log-in", {"identity": name, "password": password}, **options)


@dataclass(frozen=True)
class Office:
    """A running application over its own database."""

    app: Flask
    store: Store
    search: Searcher

    def browser(self, name: str = "") -> Browser:
        """Return a browser, with somebody signed in if a name is given."""
        browser = Browser(self.app)
        if name:
            assert browser.sign_in(name).status_code == 302
            # Another test may have left this user in English.
            browser.get("/?lang=zh")
        return browser


def add_user(
    store: Store, name: str, role_name: str, organisation: str = "", hashed: str = ""
) -> int:
    """Add a user who can sign in; ``hashed`` is the hash of ``PASSWORD``."""
    from matcher import records

    with store.writing() as session:
        next_revision(session)
        owner: Organisation | None = None
        if organisation:
            record = records.Organisation(name=organisation)
            owner = Parties(session, [record]).resolve(record)
            session.flush()
        user = User(
            username=name, email=f"{role_name}-{name}@example.com".lower(), name=f"示例{name}",
            password=hashed, active=True, organisation_id=owner.id if owner else None,
        )  # fmt: skip
        user.roles = [role(session, role_name)]
        session.add(user)
        session.flush()
        return user.id
