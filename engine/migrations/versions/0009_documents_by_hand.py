"""Documents made by hand: where contents came from, changes in Word, pictures, numbers handed out in blocks."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("reserved_number",
    sa.Column("agency_code", sa.String(length=18), nullable=False),
    sa.Column("series", sa.String(length=60), nullable=False),
    sa.Column("year", sa.Integer(), nullable=False),
    sa.Column("number", sa.Integer(), nullable=False),
    sa.Column("officer_id", sa.String(length=40), nullable=False),
    sa.Column("state", sa.String(length=10), nullable=False),
    sa.Column("note", sa.String(length=200), nullable=False),
    sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["agency_code"], ["agency.code"], name=op.f("fk_reserved_number_agency_code_agency")),
    sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_reserved_number_officer_id_officer")),
    sa.PrimaryKeyConstraint("agency_code", "series", "year", "number", name=op.f("pk_reserved_number"))
    )
    with op.batch_alter_table("reserved_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reserved_number_officer_id"), ["officer_id"], unique=False)

    op.create_table("picture",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("case_id", sa.Integer(), nullable=True),
    sa.Column("officer_id", sa.String(length=40), nullable=False),
    sa.Column("title", sa.String(length=80), nullable=False),
    sa.Column("sha256", sa.String(length=64), nullable=False),
    sa.Column("width", sa.Integer(), nullable=False),
    sa.Column("height", sa.Integer(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_picture_case_id_case")),
    sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_picture_officer_id_officer")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_picture"))
    )
    with op.batch_alter_table("picture", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_picture_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_picture_officer_id"), ["officer_id"], unique=False)

    op.create_table("draft_change",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("document_id", sa.Integer(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("officer_id", sa.String(length=40), nullable=False),
    sa.Column("before", sa.String(length=64), nullable=False),
    sa.Column("after", sa.String(length=64), nullable=False),
    sa.Column("differences", sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(["document_id"], ["document_record.id"], name=op.f("fk_draft_change_document_id_document_record")),
    sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_draft_change_officer_id_officer")),
    sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_change"))
    )
    with op.batch_alter_table("draft_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_change_document_id"), ["document_id"], unique=False)

    with op.batch_alter_table("document_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("provenance", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("approver_role", sa.String(length=30), server_default="", nullable=False))
        batch_op.add_column(sa.Column("approved_by", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("void_reason", sa.String(length=200), server_default="", nullable=False))
