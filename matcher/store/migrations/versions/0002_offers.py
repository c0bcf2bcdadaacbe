"""Imports, needs and capabilities, and what people keep about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from matcher.store.migrations.parts import (
    day,
    index,
    json,
    key,
    large,
    link,
    moment,
    number,
    small,
    text,
)  # fmt: skip

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "imports",
        key(), moment("created_at"), link("created_by_id", "users", "SET NULL", null=True),
        text("file"), text("kind", 16), text("data_revision"), number("created_count"),
        number("updated_count"), number("unchanged_count"), number("skipped_count"),
        json("rejections"), json("warnings"), moment("undone_at", null=True),
        link("undone_by_id", "users", "SET NULL", null=True),
    )  # fmt: skip
    index("imports", "created_at")
    op.create_table(
        "import_changes",
        key(), link("import_id", "imports", "CASCADE"), text("kind", 16), number("record_id"),
        number("version"), json("before"),
    )  # fmt: skip
    index("import_changes", "import_id", "record_id")
    op.create_table(
        "needs",
        small("trl_min", null=True), large("budget_low", null=True),
        large("budget_high", null=True), day("deadline", null=True), key(), text("code"),
        text("title"), text("title_sort"), text("kind"), json("fields"), text("confidentiality"),
        day("valid_until", null=True), day("created_on", null=True), day("updated_on", null=True),
        text("status"), moment("archived_at", null=True),
        link("organisation_id", "organisations", null=True),
        link("import_id", "imports", "SET NULL", null=True),
        link("created_by_id", "users", "SET NULL", null=True),
        link("updated_by_id", "users", "SET NULL", null=True), moment("created_at"),
        moment("updated_at"), number("version"), large("changed_at_revision"), text("search_text"),
        text("region_text"), text("open_region"), text("problem"), text("key_technology"),
        text("expected_outcome"), json("partner_kinds"), json("regions"), json("exclusions"),
        text("indicators"), json("keywords"), json("cooperation_modes"), text("open_text"),
        sa.UniqueConstraint("code"),
    )  # fmt: skip
    index(
        "needs", "changed_at_revision", "deadline", "import_id", "kind",
        "latest:archived_at,updated_at", "organisation_id",
        "shown:archived_at,status,confidentiality,valid_until,organisation_id", "title_sort",
        "valid_until",
    )  # fmt: skip
    op.create_table(
        "capabilities",
        small("trl", null=True), text("ip_status", null=True), large("price_low", null=True),
        large("price_high", null=True), large("capacity", null=True),
        day("confirmed_at", null=True), key(), text("code"), text("title"), text("title_sort"),
        text("kind"), json("fields"), text("confidentiality"), day("valid_until", null=True),
        day("created_on", null=True), day("updated_on", null=True), text("status"),
        moment("archived_at", null=True), link("organisation_id", "organisations", null=True),
        link("import_id", "imports", "SET NULL", null=True),
        link("created_by_id", "users", "SET NULL", null=True),
        link("updated_by_id", "users", "SET NULL", null=True), moment("created_at"),
        moment("updated_at"), number("version"), large("changed_at_revision"), text("search_text"),
        text("region_text"), text("open_region"), text("summary"), json("ip_references"),
        text("advantages"), text("economics"), text("prior_applications"), text("indicators"),
        json("keywords"), json("cooperation_modes"), text("open_text"), sa.UniqueConstraint("code"),
    )  # fmt: skip
    index(
        "capabilities", "changed_at_revision", "import_id", "kind", "latest:archived_at,updated_at",
        "organisation_id", "shown:archived_at,status,confidentiality,valid_until,organisation_id",
        "title_sort", "valid_until",
    )  # fmt: skip
    op.create_table(
        "drafts",
        key(), link("user_id", "users", "CASCADE"), text("kind", 16), text("subject", 32),
        json("content"), moment("created_at"), moment("updated_at"),
        sa.UniqueConstraint("user_id", "kind", "subject"),
    )  # fmt: skip
    op.create_table(
        "saved_searches",
        key(), link("user_id", "users", "CASCADE"), text("name"), text("kind", 16), json("query"),
        large("seen_revision"), moment("created_at"), moment("updated_at"),
    )  # fmt: skip
    index("saved_searches", "user_id")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "saved_searches", "drafts", "capabilities", "needs", "import_changes", "imports",
    ):  # fmt: skip
        op.drop_table(table)
