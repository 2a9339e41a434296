"""Evidence has files, received in pieces and examined, and a chain of custody that is only added to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPEND_ONLY = ("evidence_file", "evidence_examination", "custody_entry")


def upgrade() -> None:
    op.create_table('evidence_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('device_sha256', sa.String(length=64), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('details', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_by', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_evidence_file_case_id_case')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_evidence_file_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['received_by'], ['officer.id'], name=op.f('fk_evidence_file_received_by_officer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_file')),
    sa.UniqueConstraint('evidence_id', 'sha256', name=op.f('uq_evidence_file_evidence_id_sha256'))
    )
    op.create_index(op.f('ix_evidence_file_case_id'), 'evidence_file', ['case_id'], unique=False)
    op.create_table('custody_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('act', sa.String(length=10), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('giver', sa.String(length=80), nullable=False),
    sa.Column('taker', sa.String(length=80), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('recorded_by', sa.String(length=40), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('also_present', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['also_present'], ['officer.id'], name=op.f('fk_custody_entry_also_present_officer')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_custody_entry_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['file_id'], ['evidence_file.id'], name=op.f('fk_custody_entry_file_id_evidence_file')),
    sa.ForeignKeyConstraint(['recorded_by'], ['officer.id'], name=op.f('fk_custody_entry_recorded_by_officer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custody_entry'))
    )
    op.create_index(op.f('ix_custody_entry_evidence_id'), 'custody_entry', ['evidence_id'], unique=False)
    op.create_table('evidence_examination',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=10), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('thumbnail', sa.String(length=64), nullable=False),
    sa.Column('preview', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['evidence_file.id'], name=op.f('fk_evidence_examination_file_id_evidence_file')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_examination'))
    )
    op.create_index(op.f('ix_evidence_examination_file_id'), 'evidence_examination', ['file_id'], unique=False)
    op.create_table('evidence_upload',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('evidence_id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.Column('device_sha256', sa.String(length=64), nullable=False),
    sa.Column('arrived', sa.String(length=64), nullable=False),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('fault', sa.Text(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('touched_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_evidence_upload_case_id_case')),
    sa.ForeignKeyConstraint(['evidence_id'], ['evidence.id'], name=op.f('fk_evidence_upload_evidence_id_evidence')),
    sa.ForeignKeyConstraint(['file_id'], ['evidence_file.id'], name=op.f('fk_evidence_upload_file_id_evidence_file')),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_evidence_upload_officer_id_officer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_upload'))
    )
    op.create_index(op.f('ix_evidence_upload_evidence_id_officer_id'), 'evidence_upload', ['evidence_id', 'officer_id'], unique=False)
    op.create_index(op.f('ix_evidence_upload_state_touched_at'), 'evidence_upload', ['state', 'touched_at'], unique=False)
    protect()


def protect() -> None:
    """What is recorded of evidence is never changed or deleted (行政处罚法 第四十七条)."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in APPEND_ONLY:
        for act in ("update", "delete"):
            body = (
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                if postgres
                else f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only'); END"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} {body}")
        if postgres:
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
