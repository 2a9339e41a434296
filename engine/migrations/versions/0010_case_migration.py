"""Cases can move to another release of their package, and back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_migration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("from_digest", sa.String(length=64), nullable=False),
        sa.Column("to_digest", sa.String(length=64), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("facts_before", sa.Text(), nullable=False),
        sa.Column("state_before", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_migration_case_id_case")),
        sa.ForeignKeyConstraint(["from_digest"], ["release.digest"], name=op.f("fk_case_migration_from_digest_release")),
        sa.ForeignKeyConstraint(["moved_by"], ["officer.id"], name=op.f("fk_case_migration_moved_by_officer")),
        sa.ForeignKeyConstraint(["to_digest"], ["release.digest"], name=op.f("fk_case_migration_to_digest_release")),
        sa.ForeignKeyConstraint(["undoes"], ["case_migration.id"], name=op.f("fk_case_migration_undoes_case_migration")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_migration")),
    )
    with op.batch_alter_table("case_migration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_migration_case_id_id"), ["case_id", "id"], unique=False)
