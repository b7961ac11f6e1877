"""The durable tables, in one file because they are read as one list: what costs a member more than a retry if lost. Times are Unix seconds."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint, and_, or_

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# SQLite counts up only on INTEGER primary keys
_Counter = BigInteger().with_variant(Integer, "sqlite")
# compared by code point on every engine, so that an index serves what a key begins with
_Key = String(64).with_variant(String(64, collation="C"), "postgresql")

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),  # the subject: opaque, never reused
    Column("login_id", String(64), nullable=False),  # as typed, for display
    Column("login_id_key", String(64), nullable=False, unique=True),  # folded
    Column("email_login", String(320)),
    Column("email_login_key", String(320), unique=True),  # folded; null: e-mail sign-in is off
    Column("nickname", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("role", String(16), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("epoch", Integer, nullable=False),  # raised by "sign out everywhere"
    Column("password_hash", Text),
    Column("password_state", String(16), nullable=False),
    Column("password_at", BigInteger, nullable=False),
    Column("contractor_id", String(64), index=True),
    Column("contract_type", String(16)),
    Column("contract_key", String(80), unique=True, index=True),  # one account per contract; null: not known, or closed
    Column("former_contract", String(80), index=True),  # that key before the contract ended: it may come back
    Column("profile", Text, nullable=False),  # JSON: the other standard claims
    Column("second_factor", Integer, nullable=False, server_default="0"),  # 1: a code is asked for at sign-in
    Column("mailbox", String(320), index=True),  # the operator's own mailbox of this member, offered as a destination
    Column("offered_at", BigInteger, nullable=False, server_default="0"),  # when the second factor was last offered
    Column("passkey_offered_at", BigInteger, nullable=False, server_default="0"),  # when a passkey was last offered
    Column("login_id_at", BigInteger, nullable=False, server_default="0"),  # when the member last changed it
    Column("held_until", BigInteger, nullable=False, server_default="0"),  # until then no code is a second factor for portals
    Column("closes_at", BigInteger, nullable=False, server_default="0", index=True),  # the contract has ended: closed then
    Column("erase_at", BigInteger, nullable=False, server_default="0", index=True),  # closed: erased then
    Column("frozen_until", BigInteger, nullable=False, server_default="0"),  # until then nothing that is a key can be changed
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
_STAFF = accounts.c.role != "member"
Index("ix_accounts_staff", accounts.c.login_id_key, sqlite_where=_STAFF, postgresql_where=_STAFF)
# members who wait for a letter, or have one and never used it: few of a million
_LETTER = and_(accounts.c.status == "active", accounts.c.role == "member", or_(accounts.c.password_state == "none", accounts.c.password_state == "letter"))
Index("ix_accounts_letter", accounts.c.password_state, accounts.c.password_at, sqlite_where=_LETTER, postgresql_where=_LETTER)

# every login ID there ever was: none is given out twice
login_ids = Table(
    "login_ids",
    metadata,
    Column("login_id_key", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("since", BigInteger, nullable=False),
)

# what the desk finds accounts by from the beginning: login IDs and names, folded (idp.domain.search)
search_names = Table(
    "search_names",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,  # the key is the whole row
)

destinations = Table(
    "destinations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("kind", String(8), nullable=False),  # email or sms
    Column("address", String(320), nullable=False),
    Column("address_key", String(320), nullable=False, index=True),
    Column("verified_at", BigInteger),
    Column("usual", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "kind", "address_key"),
)

# one authenticator app per account (RFC 6238)
totp = Table(
    "totp",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("last_step", BigInteger, nullable=False),  # the 30-second step used last: each counts once
    Column("created_at", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

# WebAuthn credentials: the whole sign-in of a member whose device has verified who holds it
passkeys = Table(
    "passkeys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("credential_id", String(1368), nullable=False, unique=True),  # base64url; at most 1023 bytes
    Column("public_key", Text, nullable=False),  # COSE, base64url
    Column("counter", BigInteger, nullable=False),  # the authenticator's signatures; 0: it does not count
    Column("transports", String(128), nullable=False),  # how the authenticator is reached, with spaces between
    Column("eligible", Integer),  # 1: its maker may keep copies of it, 0: never; NULL: made before this was noted
    Column("backed_up", Integer, nullable=False),  # 1: its maker keeps copies of it, on other devices too
    Column("name", String(160), nullable=False),  # the member's own
    Column("device", String(64), nullable=False),  # codes of system and browser where it was made
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False, server_default="0"),
)

# browsers that skip the code: `series_hash` finds the row, `secret_hash` changes at each use
trusted_browsers = Table(
    "trusted_browsers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("series_hash", String(64), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False),
    Column("previous_hash", String(64)),
    Column("rotated_at", BigInteger, nullable=False),
    Column("epoch", Integer, nullable=False),  # of the account; a higher one ends the trust
    Column("device", String(64), nullable=False),  # codes of system and browser, such as ios.safari
    Column("address", String(64), nullable=False),  # network address of the first use
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# what a member agreed to, in which version
agreements = Table(
    "agreements",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("version", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
)

# what may be sent in a window of time: per destination, account, country, and the purse
quotas = Table(
    "quotas",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
)

# members to be: proven by contract, not yet by mail; the newest of a contract is the one that counts
registrations = Table(
    "registrations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("contract_key", String(80), nullable=False, unique=True),
    Column("contractor_id", String(64), nullable=False),
    Column("contract_type", String(16), nullable=False),
    Column("login_id", String(64), nullable=False),
    Column("login_id_key", String(64), nullable=False, unique=True),
    Column("email", String(320), nullable=False),
    Column("nickname", Text, nullable=False),
    Column("locale", String(8), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("client_id", String(255)),  # the portal that it began at
    Column("letter", String(64), nullable=False),  # the key of the mail sent last
    Column("sends", Integer, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# links in letters: the fingerprint of what stands in them; a new one of the same place replaces the old one
links = Table(
    "links",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("owner", String(64), nullable=False),  # an account, or a registration
    Column("place", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),  # of the account; a higher one ends the link
    Column("channel", String(8), nullable=False),  # mail, mailbox or sms: where it was sent
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    UniqueConstraint("purpose", "owner", "place"),
)

# destinations as they were before a change, to be brought back by the code that the old one was sent
undos = Table(
    "undos",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("before", Text, nullable=False),  # sealed JSON
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# where sign-ins began; a row says nothing of whether the session is alive
sessions = Table(
    "sessions",
    metadata,
    Column("sid", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("started_at", BigInteger, nullable=False, index=True),
    Column("device", String(64), nullable=False),  # codes of system and browser, such as ios.safari
    Column("address", String(64), nullable=False),
    Index("ix_sessions_account", "account_id", "started_at"),
)

# events of portals, each taken once: the fingerprint of portal and jti
received_events = Table(
    "received_events",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
)

# client assertions that were used (RFC 7523), until they have expired
spent_assertions = Table(
    "spent_assertions",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

# renamed mailboxes of the operator, whose old address goes on for a while
ending_mailboxes = Table(
    "ending_mailboxes",
    metadata,
    Column("address_key", String(320), primary_key=True),
    Column("ends_at", BigInteger, nullable=False, index=True),
)

# the portals that each has reached; client_id "": a page of ours
session_clients = Table(
    "session_clients",
    metadata,
    Column("sid", String(64), primary_key=True),
    Column("client_id", String(255), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Index("ix_session_clients_account", "account_id", "client_id"),
)

failures = Table(
    "failures",
    metadata,
    Column("bucket", String(128), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("wait_until", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False, index=True),
)

clients = Table(
    "clients",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("metadata", Text, nullable=False),  # JSON, RFC 7591
    Column("secret_hash", Text),
    Column("old_secret_hash", Text),
    Column("old_secret_until", BigInteger, nullable=False, server_default="0"),
    Column("event_token", Text),  # sealed: what the client's receiver of events expects
    Column("used_at", BigInteger, nullable=False, server_default="0"),  # to the hour or so
    Column("disabled_at", BigInteger, nullable=False, server_default="0"),  # since then nobody knows it; 0: it is in use
    Column("registration_hash", Text),  # of the token by which the client looks after itself; null: only the operator does
    Column("registration_limits", Text),  # JSON: what it may ask for then
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("client_id", String(255), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
)

# grants, and single access tokens by their `jti`, that were ended before their time
revoked_grants = Table(
    "revoked_grants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)

# refresh tokens: all of one sign-in; `generation` counts the rotations, so that of all its tokens one is good
refresh_families = Table(
    "refresh_families",
    metadata,
    Column("series_hash", String(64), primary_key=True),  # fingerprint of the random part that all its tokens share
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("client_id", String(255), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("facts", Text, nullable=False),  # JSON: the grant, which is what its tokens say
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),  # moves with each use
    Column("ends_at", BigInteger, nullable=False),  # does not
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("alg", String(16), nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("sealed_jwk", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("active_from", BigInteger, nullable=False),
    UniqueConstraint("alg", "active_from"),
)

# who may register clients: tokens for so many more of them
client_invitations = Table(
    "client_invitations",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("uses_left", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("limits", Text, nullable=False),  # JSON: what a client may ask for
    Column("created_at", BigInteger, nullable=False),
)

# keys that must stay what they are whatever becomes of the operator's secrets, which only seal them
lasting_keys = Table(
    "lasting_keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("sealed", Text, nullable=False),
)

# one row per register that workers keep in process; raised with every change
stamps = Table(
    "stamps",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),  # random: seals the facts, tells the far side a repetition
    Column("account_id", String(64)),
    Column("channel", String(8), nullable=False),  # mail, sms or event (to a portal); request: work that no page may be seen to wait for
    Column("recipient", String(320), nullable=False),
    Column("template", String(64), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("facts", Text),  # sealed JSON, wiped once the letter has gone
    Column("priority", Integer, nullable=False),  # the lower goes first: one-time codes overtake notices
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease", String(64)),
    Column("lease_until", BigInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", BigInteger),
    Column("provider_id", Text),
    Column("reason", Text),
    Column("gateway", String(32)),  # which of the operator's gateways took it
    Index("ix_outbox_account", "account_id", "id"),
    Index("ix_outbox_provider_id", "provider_id"),
    Index("ix_outbox_due", "outcome", "channel", "priority", "due_at", "id"),
    Index("ix_outbox_listed", "outcome", "channel", "id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("event", String(64), nullable=False),
    Column("result", String(32), nullable=False),
    Column("account_id", String(64)),
    Column("client_id", String(255)),
    Column("actor", String(64)),
    Column("address", String(64)),
    Column("request_id", String(64)),
    Column("policy_version", String(64)),
    Column("detail", Text, nullable=False),  # JSON, no personal data
    Index("ix_audit_account", "account_id", "id"),
    Index("ix_audit_event", "event", "id"),
    Index("ix_audit_client", "client_id", "id"),
)
# most rows have nobody who acted for another, and most end well
_ACTED, _NOT_OK = audit.c.actor.is_not(None), audit.c.result != "ok"
Index("ix_audit_actor", audit.c.actor, audit.c.id, sqlite_where=_ACTED, postgresql_where=_ACTED)
Index("ix_audit_result", audit.c.result, audit.c.id, sqlite_where=_NOT_OK, postgresql_where=_NOT_OK)

# the audit record as a chain: each block seals its rows and the block before it
audit_blocks = Table(
    "audit_blocks",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("newest_at", BigInteger, nullable=False),
    Column("rows_digest", String(64), nullable=False),
    Column("marks", Text, nullable=False),  # of each row, to name the one that was changed
    Column("digest", String(64), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("purged_at", BigInteger, nullable=False),  # 0: its rows are still there
    Column("purge_mac", String(64), nullable=False),
    Column("thinned_at", BigInteger, nullable=False, server_default="0"),  # 0: every row that was sealed is there
    Column("left_count", Integer, nullable=False, server_default="0"),
    Column("left_digest", String(64), nullable=False, server_default="-"),
    Column("thinned_mac", String(64), nullable=False, server_default="-"),
    Index("ix_audit_blocks_purged", "purged_at", "seq"),
    Index("ix_audit_blocks_thinned", "thinned_at", "purged_at", "seq"),
)

# what one of the desk has proposed and somebody else has to approve
desk_requests = Table(
    "desk_requests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("operation", String(32), nullable=False),
    Column("facts", Text, nullable=False),  # sealed JSON: what it is to be afterwards
    Column("epoch", Integer, nullable=False),  # of the account when it was proposed; a higher one voids the request
    Column("reason", Text, nullable=False),
    Column("ticket", String(64), nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # open, approved, rejected, withdrawn, void
    Column("decided_by", String(64)),
    Column("decided_at", BigInteger),
    Index("ix_desk_requests_state", "state", "created_at", "id"),
)

# who called for a member, where it was somebody else
desk_callers = Table(
    "desk_callers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("relation", String(16), nullable=False),
    Column("name", Text, nullable=False),  # sealed
    Index("ix_desk_callers_account", "account_id", "at"),
)

# members whom the desk has promised a letter with a first password, until it is printed
letter_requests = Table(
    "letter_requests",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("requested_by", String(64), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

# letters that a supervisor has had made for the print shop, until the file is fetched once
print_batches = Table(
    "print_batches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("wish", String(64), nullable=False),  # whose letters: requested, without, expired; several with a space between
    Column("size", Integer, nullable=False),  # so many at most
    Column("made", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, ready, taken, void
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("changed_at", BigInteger, nullable=False),
)

print_rows = Table(
    "print_rows",
    metadata,
    Column("batch_id", ForeignKey("print_batches.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
)

contractors = Table(
    "contractors",
    metadata,
    Column("id", String(64), primary_key=True),  # random: the contract's name inside the house, and in accounts
    Column("contract_type", String(16), nullable=False),
    Column("row_hash", String(32), nullable=False),  # keyed hash of all its facts: unchanged rows are not written
    Column("import_id", String(64), nullable=False),  # the import that wrote it last
    Column("ended_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
)

# keyed hashes of folded facts, the customer number among them; looked up by hash, replaced by contract
contractor_facts = Table(
    "contractor_facts",
    metadata,
    Column("fact_hash", String(32), primary_key=True),
    Column("contractor_id", ForeignKey("contractors.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,  # the key is the whole row: one copy less of seven rows per contract
)

# imports of contracts: what was done, and those that are under way
contract_imports = Table(
    "contract_imports",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),  # who brought the file; "cli"
    Column("file_name", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("encoding", String(16), nullable=False),
    Column("columns", Text, nullable=False),  # JSON: keyed hash of each heading, and the column that it stands for
    Column("step", String(16), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("report", Text),  # JSON: counts, and examples without personal data
    Column("stopped", String(32)),  # why it did not go on
    Column("checked_at", BigInteger, nullable=False),
    Column("applied_by", String(64)),
    Column("finished_at", BigInteger, nullable=False, index=True),
    Column("lease", String(64)),
    Column("lease_until", BigInteger, nullable=False),
    Index("ix_contract_imports_created_at", "created_at", "id"),
)

# the file of an import that is under way, sealed piece by piece, so that any process can go on with it
contract_import_parts = Table(
    "contract_import_parts",
    metadata,
    Column("import_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", Text, nullable=False),
)

# rows that an import left out: numbers of lines and codes, nothing of what stood there
contract_import_problems = Table(
    "contract_import_problems",
    metadata,
    Column("import_id", String(64), primary_key=True),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("codes", Text, nullable=False),
)

# contracts as they were before an import changed them: keyed hashes only, for as long as it can be taken back
contract_import_before = Table(
    "contract_import_before",
    metadata,
    Column("import_id", String(64), primary_key=True),
    Column("contractor_id", String(64), primary_key=True),
    Column("row", Text, nullable=False),  # JSON
    Column("at", BigInteger, nullable=False, index=True),
)

# work that only one process may do at a time
leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)

# counts per hour for the dashboard (`idp.domain.rollup`); `step`: of a histogram, or 0
rollups = Table(
    "rollups",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # when it begins
    Column("label", String(128), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("ix_rollups_hour", "hour"),
)

# up to which row of a table the rollups have counted
rollup_cursors = Table(
    "rollup_cursors",
    metadata,
    Column("source", String(16), primary_key=True),
    Column("last_id", BigInteger, nullable=False),
)

# what staff have switched for every process: a channel that is paused, a gateway that goes first
switches = Table(
    "switches",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)
