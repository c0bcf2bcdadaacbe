"""``matcher db password``: the way back in for a lost administrator password."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from matcher.cli.db import _password_command
from matcher.errors import InputError
from matcher.store import Store, open_store
from matcher.store.accounts import replace_password
from matcher.store.columns import utcnow
from matcher.store.models import AuditEntry, User
from web.account.service import normal

NEW = "示例新密码 battery staple"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = open_store(str(tmp_path / "库.sqlite"))
    with store.writing() as session:
        session.add(User(
            username="Admin", email="admin@example.com", name="示例管理员", password="old",
            active=False, failed_count=5, locked_until=utcnow(), fs_uniquifier="old",
        ))  # fmt: skip
    store.close()
    return tmp_path / "库.sqlite"


def user(store: Store) -> User:
    with store.reading() as session:
        return session.scalars(select(User)).one()


def test_the_password_is_replaced_and_the_account_open(path: Path) -> None:
    from argon2 import PasswordHasher

    done = CliRunner().invoke(
        _password_command(), ["admin", "--database", str(path)], input=f"{NEW}\n{NEW}\n"
    )
    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    store = open_store(str(path))
    row = user(store)
    assert PasswordHasher().verify(row.password or "", normal(NEW))
    assert (row.active, row.failed_count, row.locked_until) == (True, 0, None)
    assert row.fs_uniquifier != "old"
    with store.reading() as session:
        assert "user.password-reset" in session.scalars(select(AuditEntry.action)).all()
    store.close()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("nobody", NEW), ("admin", "short"), ("admin", "1234567890"), ("admin", "ababababab"),
        ("admin", "Admin@Example.com"),
    ],
)  # fmt: skip
def test_mistakes_change_nothing(path: Path, name: str, password: str) -> None:
    store = open_store(str(path))
    with pytest.raises(InputError), store.writing() as session:
        replace_password(session, name, password)
    assert user(store).password == "old"
    store.close()
