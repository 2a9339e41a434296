"""Second factors, passkeys, single sign-on, and the devices on which an account is signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Who had a password before keeps it, but has to choose a new one where the installation sets a term.
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()))
        batch_op.add_column(sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("one_time_secret", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("one_time_used", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("recovery_codes", sa.Text(), nullable=False, server_default="[]"))
        batch_op.drop_column("session_epoch")
    op.create_table(
        "device",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_device_login_account")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_login_ended_at"), "device", ["login", "ended_at"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("credential", sa.String(length=400), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_passkey_login_account")),
        sa.PrimaryKeyConstraint("credential", name=op.f("pk_passkey")),
    )
    op.create_index(op.f("ix_passkey_login"), "passkey", ["login"], unique=False)
    op.create_table(
        "outside_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("fk_outside_identity_login_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_outside_identity_issuer_subject")),
    )
    op.create_index(op.f("ix_outside_identity_login"), "outside_identity", ["login"], unique=False)
