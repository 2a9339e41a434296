"""What was typed into a form and not handed in yet is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unfinished_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.String(length=40), nullable=False),
        sa.Column("window", sa.String(length=80), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["work_item.id"], name=op.f("fk_unfinished_form_item_id_work_item")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_unfinished_form_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unfinished_form")),
        sa.UniqueConstraint("item_id", "officer_id", "window", name=op.f("uq_unfinished_form_item_id_officer_id_window")),
    )
    with op.batch_alter_table("unfinished_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unfinished_form_item_id"), ["item_id"], unique=False)
