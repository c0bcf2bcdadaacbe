"""Runs, matches, decisions and deals."""

from __future__ import annotations

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
    real,
    text,
)  # fmt: skip

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "runs",
        key(), moment("created_at"), link("created_by_id", "users", "SET NULL", null=True),
        text("title"), text("software"), text("data_revision"), text("encoder"),
        text("encoder_fingerprint"), text("weights"), text("calibration"), text("run_date"),
        text("needs_file"), text("capabilities_file"), number("need_count"),
        number("capability_count"), json("rejections"), json("duplicates"), large("revision"),
    )  # fmt: skip
    index("runs", "created_at")
    op.create_table(
        "snapshots",
        key(), text("kind", 16), text("code"), text("digest", 64), json("content"),
        sa.UniqueConstraint("kind", "digest"),
    )  # fmt: skip
    index("snapshots", "code")
    op.create_table(
        "match_lists",
        key(), link("run_id", "runs", "CASCADE"), number("position"), text("query_kind", 16),
        link("need_id", "needs", "CASCADE", null=True),
        link("capability_id", "capabilities", "CASCADE", null=True),
        link("snapshot_id", "snapshots"), json("excluded"), text("reason"),
        sa.UniqueConstraint("run_id", "position"),
    )  # fmt: skip
    index("match_lists", "capability_id", "need_id", "snapshot_id")
    op.create_table(
        "matches",
        key(), link("run_id", "runs", "CASCADE"), link("list_id", "match_lists", "CASCADE"),
        link("need_id", "needs", "CASCADE", null=True),
        link("capability_id", "capabilities", "CASCADE", null=True),
        link("need_snapshot_id", "snapshots"), link("capability_snapshot_id", "snapshots"),
        number("rank"), real("score"), real("probability", null=True), flag("below"),
        json("explanation"),
    )  # fmt: skip
    index(
        "matches", "capability_id", "capability_snapshot_id", "list_id", "need_id",
        "need_snapshot_id", "run_id",
    )  # fmt: skip
    op.create_table(
        "decisions",
        key(), link("match_id", "matches", "SET NULL", null=True),
        link("need_id", "needs", "SET NULL", null=True),
        link("capability_id", "capabilities", "SET NULL", null=True), moment("decided_at"),
        link("decided_by_id", "users", "SET NULL", null=True), text("side", 16),
        text("verdict", 16), text("reason", null=True), text("note"),
        sa.CheckConstraint("verdict = 'decline' OR reason IS NULL", name="reason"),
        sa.CheckConstraint("side IN ('need', 'capability', 'staff')", name="side"),
        sa.CheckConstraint("verdict IN ('accept', 'decline', 'later')", name="verdict"),
    )  # fmt: skip
    index("decisions", "capability_id", "match_id", "need_id")
    op.create_table(
        "deals",
        key(), link("match_id", "matches", "SET NULL", null=True),
        link("need_id", "needs", "SET NULL", null=True),
        link("capability_id", "capabilities", "SET NULL", null=True), text("stage"),
        large("contract_amount", null=True), day("contract_date", null=True),
        moment("closed_at", null=True), link("created_by_id", "users", "SET NULL", null=True),
        link("updated_by_id", "users", "SET NULL", null=True), moment("created_at"),
        moment("updated_at"), number("version"), sa.UniqueConstraint("need_id", "capability_id"),
    )  # fmt: skip
    index("deals", "capability_id", "match_id", "need_id")
    op.create_table(
        "deal_stages",
        key(), link("deal_id", "deals", "CASCADE"), text("stage"), day("entered_on"), text("note"),
        moment("created_at"), link("created_by_id", "users", "SET NULL", null=True),
    )  # fmt: skip
    index("deal_stages", "deal_id")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "deal_stages", "deals", "decisions", "matches", "match_lists", "snapshots", "runs",
    ):  # fmt: skip
        op.drop_table(table)
