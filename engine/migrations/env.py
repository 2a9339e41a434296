"""Alembic's entry: runs on the connection and metadata that the caller hands in."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from engine.database import Moment, Money, Plain

SQL_TYPES = {Moment: "sa.DateTime(timezone=True)", Money: "sa.BigInteger()", Plain: "sa.Text()"}


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what the database knows: a migration must not change when the code does."""
    return SQL_TYPES.get(type(item), False) if kind == "type" else False  # False: render it as usual


configuration = context.config
connection = configuration.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=configuration.attributes["metadata"],
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=render_item,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
