"""The registers in time: versions that are never changed, and what the rows of today gain from them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VERSIONS = "register_version"


def protect() -> None:
    """Refuse UPDATE, DELETE and (where it exists) TRUNCATE on the versions."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for act in ("update", "delete"):
        body = (
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            if postgres
            else f"BEGIN SELECT RAISE(ABORT, 'table {VERSIONS} is append-only'); END"
        )
        op.execute(f"CREATE TRIGGER {VERSIONS}_no_{act} BEFORE {act.upper()} ON {VERSIONS} {body}")
    if postgres:
        op.execute(
            f"CREATE TRIGGER {VERSIONS}_no_truncate BEFORE TRUNCATE ON {VERSIONS} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def upgrade() -> None:
    op.create_table(
        VERSIONS,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("register", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_version")),
        sa.UniqueConstraint("register", "key", "version", name=op.f("uq_register_version_register_key_version")),
    )
    op.create_index(
        op.f("ix_register_version_register_key_valid_from_version"), VERSIONS, ["register", "key", "valid_from", "version"]
    )
    op.create_index(op.f("ix_register_version_register_subject"), VERSIONS, ["register", "subject"])
    op.create_table(
        "register_pending",
        sa.Column("register", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("register", "key", "day", name=op.f("pk_register_pending")),
    )
    op.create_index(op.f("ix_register_pending_day"), "register_pending", ["day"])
    # Columns with a default are added in place: SQLite would otherwise copy a table to which others point.
    op.add_column("agency", sa.Column("kind", sa.String(length=12), nullable=False, server_default="ORGAN"))
    op.add_column("agency", sa.Column("state", sa.String(length=12), nullable=False, server_default="VALID"))
    op.add_column("agency", sa.Column("superior_code", sa.String(length=18), nullable=False, server_default=""))
    op.add_column("agency", sa.Column("supervising_code", sa.String(length=18), nullable=False, server_default=""))
    op.create_index(op.f("ix_agency_superior_code"), "agency", ["superior_code"])
    op.add_column("legal_basis", sa.Column("clause", sa.String(length=160), nullable=False, server_default=""))
    op.create_index(op.f("ix_legal_basis_clause"), "legal_basis", ["clause"])
    op.add_column("officer", sa.Column("certificate_number", sa.String(length=20), nullable=True))
    op.add_column("officer", sa.Column("certificate_state", sa.String(length=12), nullable=False, server_default="VALID"))
    op.add_column("officer", sa.Column("certificate_state_from", sa.Date(), nullable=True))
    op.add_column("officer", sa.Column("in_service", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("officer", sa.Column("department", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("officer", sa.Column("post", sa.String(length=40), nullable=False, server_default=""))
    op.create_index(op.f("ix_officer_certificate_number"), "officer", ["certificate_number"], unique=True)
    protect()


def downgrade() -> None:
    raise RuntimeError("records cannot be taken back: restore a backup instead")
