"""Lists by key: indexes, who took a step himself, copies for information, lists that a person has named."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(op.f("ix_work_item_agency_code_state_role"), table_name="work_item")
    op.create_index(op.f("ix_work_item_agency_code_state_role_assignee_id"), "work_item", ["agency_code", "state", "role", "assignee_id"])
    op.create_index(op.f("ix_work_item_closed_by_closed_at"), "work_item", ["closed_by", "closed_at"])
    op.drop_index(op.f("ix_case_agency_code_status"), table_name="case")
    op.create_index(op.f("ix_case_agency_code_status_id"), "case", ["agency_code", "status", "id"])
    op.create_index(op.f("ix_case_agency_code_id"), "case", ["agency_code", "id"])
    op.create_index(op.f("ix_case_opened_by_id"), "case", ["opened_by", "id"])
    op.create_index(op.f("ix_case_limit_case_id_ended_at_due_at"), "case_limit", ["case_id", "ended_at", "due_at"])
    op.create_table(
        "case_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.String(length=40), nullable=False),
        sa.Column("to_id", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_copy_case_id_case")),
        sa.ForeignKeyConstraint(["from_id"], ["officer.id"], name=op.f("fk_case_copy_from_id_officer")),
        sa.ForeignKeyConstraint(["to_id"], ["officer.id"], name=op.f("fk_case_copy_to_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_copy")),
    )
    op.create_index(op.f("ix_case_copy_to_id_sent_at"), "case_copy", ["to_id", "sent_at"])
    op.create_index(op.f("ix_case_copy_case_id_to_id"), "case_copy", ["case_id", "to_id"])
    op.create_table(
        "saved_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_saved_list_officer_id_officer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_list")),
        sa.UniqueConstraint("officer_id", "place", "name", name=op.f("uq_saved_list_officer_id_place_name")),
    )
