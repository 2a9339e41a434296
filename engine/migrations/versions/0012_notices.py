"""What officers are told, how far the journal was read for it, and how each officer likes to work."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("journal_mark",
    sa.Column("reader", sa.String(length=40), nullable=False),
    sa.Column("highest", sa.Integer(), nullable=False),
    sa.Column("missing", sa.Text(), nullable=False),
    sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
    sa.Column("turn", sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint("reader", name=op.f("pk_journal_mark"))
    )
    op.create_table("preference",
    sa.Column("officer_id", sa.String(length=40), nullable=False),
    sa.Column("text_size", sa.String(length=10), nullable=False),
    sa.Column("theme", sa.String(length=10), nullable=False),
    sa.Column("page_size", sa.Integer(), nullable=False),
    sa.Column("shortcuts", sa.Boolean(), nullable=False),
    sa.Column("ways", sa.Text(), nullable=False),
    sa.Column("digest_hour", sa.Integer(), nullable=True),
    sa.Column("digest_on", sa.Date(), nullable=True),
    sa.Column("mail_address", sa.String(length=254), nullable=False),
    sa.Column("mail_asked", sa.String(length=254), nullable=False),
    sa.Column("mail_asked_at", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_preference_officer_id_officer")),
    sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_preference"))
    )
    op.create_table("notice",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("key", sa.String(length=120), nullable=False),
    sa.Column("officer_id", sa.String(length=40), nullable=False),
    sa.Column("kind", sa.String(length=10), nullable=False),
    sa.Column("case_id", sa.Integer(), nullable=False),
    sa.Column("item_id", sa.Integer(), nullable=True),
    sa.Column("opinion_id", sa.Integer(), nullable=True),
    sa.Column("incident_id", sa.Integer(), nullable=True),
    sa.Column("words", sa.String(length=300), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_notice_case_id_case")),
    sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_notice_incident_id_incident")),
    sa.ForeignKeyConstraint(["item_id"], ["work_item.id"], name=op.f("fk_notice_item_id_work_item")),
    sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_notice_officer_id_officer")),
    sa.ForeignKeyConstraint(["opinion_id"], ["opinion.id"], name=op.f("fk_notice_opinion_id_opinion")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    sa.UniqueConstraint("key", name=op.f("uq_notice_key"))
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_officer_id_read_at_id"), ["officer_id", "read_at", "id"], unique=False)
    with op.batch_alter_table("case_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_limit_ended_at_warn_at"), ["ended_at", "warn_at"], unique=False)
