"""What Alembic runs for every migration; the connection is given by ``matcher.store.migrate``."""

from __future__ import annotations

from alembic import context

from matcher.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes a table by building it anew, and keeps DDL in a transaction when asked to.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
