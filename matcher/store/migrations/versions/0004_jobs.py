"""Work in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from matcher.store.migrations.parts import (
    flag,
    index,
    json,
    key,
    link,
    moment,
    number,
    text,
)  # fmt: skip

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "jobs",
        key(), text("kind"), text("state", 16), text("stage"), number("done"), number("total"),
        json("parameters"), text("result_folder", null=True),
        link("run_id", "runs", "SET NULL", null=True), text("error_zh"), text("error_en"),
        flag("cancel_requested"), number("attempts"), text("worker", null=True),
        link("created_by_id", "users", "SET NULL", null=True), moment("created_at"),
        moment("started_at", null=True), moment("heartbeat_at", null=True),
        moment("finished_at", null=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"
        ),
    )  # fmt: skip
    index("jobs", "created_by_id", "state,id")


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "jobs",
    ):  # fmt: skip
        op.drop_table(table)
