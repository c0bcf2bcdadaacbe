"""Organisations, users and their roles, and the count of changes."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

from matcher.store.migrations.parts import (
    day,
    flag,
    index,
    json,
    key,
    large,
    link,
    moment,
    number,
    text,
)  # fmt: skip

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "organisations",
        key(), text("code", null=True), text("name"), text("name_key"), text("kind", null=True),
        text("credit_code", null=True), text("parent", null=True), text("parent_key", null=True),
        text("district", null=True), text("size", null=True), day("founded", null=True),
        text("website", null=True), moment("archived_at", null=True),
        number("import_id", null=True), number("created_by_id", null=True),
        number("updated_by_id", null=True), moment("created_at"), moment("updated_at"),
        number("version"), large("changed_at_revision"), sa.UniqueConstraint("code"),
    )  # fmt: skip
    index(
        "organisations", "archived_at", "changed_at_revision", "credit_code", "import_id", "kind",
        "name_key", "parent_key",
    )  # fmt: skip
    op.create_table(
        "organisation_aliases",
        key(), link("organisation_id", "organisations", "CASCADE"), number("position"),
        text("name"), text("key"),
    )  # fmt: skip
    index("organisation_aliases", "key", "organisation_id")
    op.create_table(
        "roles",
        key(), text("name", 80), text("description", null=True), json("permissions", null=True),
        moment("created_at"), moment("updated_at"), sa.UniqueConstraint("name"),
    )  # fmt: skip
    op.create_table(
        "users",
        key(), text("email", 255), text("username", 255, null=True), text("name"),
        text("password", 255, null=True), flag("active"), text("fs_uniquifier", 64),
        moment("confirmed_at", null=True), moment("last_login_at", null=True),
        moment("current_login_at", null=True), text("last_login_ip", 64, null=True),
        text("current_login_ip", 64, null=True), number("login_count", null=True),
        number("failed_count"), moment("locked_until", null=True), text("language", 2),
        link("organisation_id", "organisations", "SET NULL", null=True), moment("created_at"),
        moment("updated_at"), sa.UniqueConstraint("email"), sa.UniqueConstraint("fs_uniquifier"),
        sa.UniqueConstraint("username"),
    )  # fmt: skip
    index("users", "organisation_id")
    op.create_table(
        "users_roles",
        link("user_id", "users", "CASCADE", own=True),
        link("role_id", "roles", "CASCADE", own=True),
    )  # fmt: skip
    op.create_table(
        "invitations",
        key(), text("email", 255), text("role", 80),
        link("organisation_id", "organisations", "SET NULL", null=True), text("token_hash", 64),
        link("invited_by_id", "users", "SET NULL", null=True),
        link("user_id", "users", "SET NULL", null=True), moment("expires_at"),
        moment("used_at", null=True), moment("created_at"), moment("updated_at"),
        sa.UniqueConstraint("token_hash"),
    )  # fmt: skip
    index("invitations", "email")
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        large("value"), text("epoch", 32), sa.CheckConstraint("id = 1", name="one_row"),
    )  # fmt: skip
    op.create_table(
        "removals",
        key(), text("kind", 16), number("record_id"), large("revision"),
    )  # fmt: skip
    index("removals", "revision")
    op.create_table(
        "settings",
        sa.Column("key", sa.String(80), primary_key=True, nullable=False), json("value"),
        moment("updated_at"),
    )  # fmt: skip
    op.create_table(
        "audit_entries",
        key(), moment("at"), link("user_id", "users", "SET NULL", null=True), text("action", 64),
        text("record_kind", 32, null=True), number("record_id", null=True), json("details"),
    )  # fmt: skip
    index("audit_entries", "action", "at", "record_kind,record_id", "user_id")
    epoch = uuid.uuid4().hex
    op.execute(f"INSERT INTO revision (id, value, epoch) VALUES (1, 0, '{epoch}')")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "audit_entries", "settings", "removals", "revision", "invitations", "users_roles", "users",
        "roles", "organisation_aliases", "organisations",
    ):  # fmt: skip
        op.drop_table(table)
