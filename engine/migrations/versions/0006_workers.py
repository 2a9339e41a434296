"""Jobs are taken for a time by workers that say that they live; schedules give out each tick once; what was made is remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("schedule_tick",
    sa.Column("schedule", sa.String(length=60), nullable=False),
    sa.Column("tick", sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint("schedule", name=op.f("pk_schedule_tick"))
    )
    op.create_table("worker",
    sa.Column("name", sa.String(length=80), nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("done", sa.Integer(), nullable=False),
    sa.Column("failed", sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint("name", name=op.f("pk_worker"))
    )
    op.create_table("made_document",
    sa.Column("record_id", sa.Integer(), nullable=False),
    sa.Column("word", sa.String(length=64), nullable=False),
    sa.Column("pdf", sa.String(length=64), nullable=False),
    sa.Column("pages", sa.Integer(), nullable=False),
    sa.Column("sealed", sa.String(length=64), nullable=False),
    sa.Column("seal_number", sa.String(length=30), nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["record_id"], ["document_record.id"], name=op.f("fk_made_document_record_id_document_record")),
    sa.PrimaryKeyConstraint("record_id", name=op.f("pk_made_document"))
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("claimed_by", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("free_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_job_state_id"))
        batch_op.create_index(batch_op.f("ix_job_state_attempts_id"), ["state", "attempts", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_case_id_state"), ["case_id", "state"], unique=False)
