"""What independent reviewers say about a match."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from matcher.store.migrations.parts import index, key, link, moment, text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "reviews",
        key(), link("match_id", "matches", "SET NULL", null=True),
        link("need_id", "needs", "SET NULL", null=True),
        link("capability_id", "capabilities", "SET NULL", null=True),
        link("reviewer_id", "users", "SET NULL", null=True),
        link("asked_by_id", "users", "SET NULL", null=True), moment("asked_at"),
        text("verdict", 16, null=True), text("note"), moment("given_at", null=True),
        sa.CheckConstraint("verdict IN ('recommend', 'conditional', 'against')", name="verdict"),
    )  # fmt: skip
    index("reviews", "match_id", "need_id", "capability_id", "reviewer_id")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("reviews")
