"""Deputies come from the register of absences alone; a step remembers for whom it was taken.

Nothing outside the tests ever wrote to `delegation`. The roles that a running absence had lent to a deputy are taken back:
his row is marked to be brought up to date from the register.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("delegation")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acting_for", sa.String(length=40), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_submission_acting_for_officer"), "officer", ["acting_for"], ["id"])
    op.execute(
        "INSERT INTO register_pending (register, key, day) SELECT DISTINCT 'officer', subject, DATE '2000-01-01'"
        " FROM register_version WHERE register = 'absence' AND subject IS NOT NULL"
        if op.get_context().dialect.name == "postgresql" else
        "INSERT INTO register_pending (register, key, day) SELECT DISTINCT 'officer', subject, '2000-01-01'"
        " FROM register_version WHERE register = 'absence' AND subject IS NOT NULL"
    )
