"""The first schema, in one function because a step is read from top to bottom."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table('accounts',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('login_id', sa.String(length=64), nullable=False),
    sa.Column('login_id_key', sa.String(length=64), nullable=False),
    sa.Column('email_login', sa.String(length=320), nullable=True),
    sa.Column('email_login_key', sa.String(length=320), nullable=True),
    sa.Column('nickname', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('password_state', sa.String(length=16), nullable=False),
    sa.Column('password_at', sa.BigInteger(), nullable=False),
    sa.Column('contractor_id', sa.String(length=64), nullable=True),
    sa.Column('contract_type', sa.String(length=16), nullable=True),
    sa.Column('profile', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('email_login_key', name=op.f('uq_accounts_email_login_key')),
    sa.UniqueConstraint('login_id_key', name=op.f('uq_accounts_login_id_key'))
    )
    op.create_table('audit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('event', sa.String(length=64), nullable=False),
    sa.Column('result', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=True),
    sa.Column('client_id', sa.String(length=255), nullable=True),
    sa.Column('actor', sa.String(length=64), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=True),
    sa.Column('request_id', sa.String(length=64), nullable=True),
    sa.Column('policy_version', sa.String(length=64), nullable=True),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_account', 'audit', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_audit_at'), 'audit', ['at'], unique=False)
    op.create_table('clients',
    sa.Column('id', sa.String(length=255), nullable=False),
    sa.Column('metadata', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clients'))
    )
    op.create_table('contractors',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('contract_type', sa.String(length=16), nullable=False),
    sa.Column('row_hash', sa.String(length=32), nullable=False),
    sa.Column('import_id', sa.String(length=64), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contractors'))
    )
    op.create_table('failures',
    sa.Column('bucket', sa.String(length=128), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('wait_until', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('bucket', name=op.f('pk_failures'))
    )
    op.create_index(op.f('ix_failures_updated_at'), 'failures', ['updated_at'], unique=False)
    op.create_table('leases',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('holder', sa.String(length=64), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=True),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('template', sa.String(length=64), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('facts', sa.Text(), nullable=True),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease', sa.String(length=64), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('outcome_at', sa.BigInteger(), nullable=True),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    op.create_index(op.f('ix_outbox_account_id'), 'outbox', ['account_id'], unique=False)
    op.create_index(op.f('ix_outbox_created_at'), 'outbox', ['created_at'], unique=False)
    op.create_index('ix_outbox_due', 'outbox', ['outcome', 'channel', 'priority', 'due_at', 'id'], unique=False)
    op.create_table('revoked_grants',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revoked_grants'))
    )
    op.create_index(op.f('ix_revoked_grants_until'), 'revoked_grants', ['until'], unique=False)
    op.create_table('signing_keys',
    sa.Column('kid', sa.String(length=64), nullable=False),
    sa.Column('alg', sa.String(length=16), nullable=False),
    sa.Column('public_jwk', sa.Text(), nullable=False),
    sa.Column('sealed_jwk', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('active_from', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_signing_keys')),
    sa.UniqueConstraint('alg', 'active_from', name=op.f('uq_signing_keys_alg_active_from'))
    )
    op.create_table('stamps',
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_stamps'))
    )
    op.create_table('consents',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=255), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_consents_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'client_id', name=op.f('pk_consents'))
    )
    op.create_table('contractor_facts',
    sa.Column('fact_hash', sa.String(length=32), nullable=False),
    sa.Column('contractor_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['contractor_id'], ['contractors.id'], name=op.f('fk_contractor_facts_contractor_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('fact_hash', 'contractor_id', name=op.f('pk_contractor_facts')),
    sqlite_with_rowid=False
    )
    op.create_index(op.f('ix_contractor_facts_contractor_id'), 'contractor_facts', ['contractor_id'], unique=False)
    op.create_table('destinations',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('address_key', sa.String(length=320), nullable=False),
    sa.Column('verified_at', sa.BigInteger(), nullable=True),
    sa.Column('usual', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_destinations_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_destinations')),
    sa.UniqueConstraint('account_id', 'kind', 'address_key', name=op.f('uq_destinations_account_id_kind_address_key'))
    )
