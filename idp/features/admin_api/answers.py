"""What the API answers, as the document has it. Times are RFC 3339, in Japan's time."""

from typing import Any

from marshmallow import INCLUDE, Schema, fields

from idp.services.audit_export import iso


def when(at: int | None) -> str | None:
    """A time of ours (Unix seconds; 0 or None: never) as programs read it."""
    return iso(at) if at else None


def _text(words: str = "", **more: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": words} if words else {}, **more)


def _maybe(words: str = "") -> fields.String:
    return _text(words, allow_none=True)


def _at(words: str = "") -> fields.String:
    return fields.String(required=True, allow_none=True, metadata={"format": "date-time", **({"description": words} if words else {})})


class Error(Schema):
    """Why something was not done (the form of RFC 6749 section 5.2)."""

    error = _text("For programs.")
    error_description = _text("For people who write them.")
    problems = fields.List(fields.String(), metadata={"description": "Each begins with the name of what it is about."})


class Done(Schema):
    """It was done, is on record, and was told to the member if it is about one."""

    done = _text("The operation.")


class Destination(Schema):
    """Where letters go, masked unless unmasked."""

    id = _text()
    kind = _text("`email` or `sms`.")
    channel = _text("`mail`, `mailbox` (the operator's own) or `sms`.")
    address = _text()
    verified_at = _at("When it was proven; null: it was not, and nothing is sent there.")
    usual = fields.Boolean(required=True, metadata={"description": "Codes go here."})


class Standing(Schema):
    """The state that matters first."""

    code = _text("Such as `active`, `suspended`, `waits`, `letter`, `closing`.")
    until = _at("The time that the state speaks of.")
    good = fields.Boolean(required=True, metadata={"description": "The member can sign in as always."})


class Found(Schema):
    """A member, masked as in the console."""

    id = _text("The subject.")
    login_id = _text()
    nickname = _text()
    name = _text()
    customer_number = _maybe()
    status = _text("`active`, `suspended` or `closing`.")
    destinations = fields.List(fields.Nested(Destination), required=True)


class FoundMembers(Schema):
    """Whoever has the identifier; as empty for what nobody has as for what nobody can have."""

    members = fields.List(fields.Nested(Found), required=True)


class Member(Found):
    """A member, and how the account stands."""

    standing = fields.Nested(Standing, required=True)
    email_login = _maybe("The address that signs in.")
    mailbox = _maybe("The operator's own mailbox of this member.")
    locale = _text()
    contract_type = _maybe()
    contract_linked = fields.Boolean(required=True)
    second_factor = fields.Boolean(required=True)
    methods = fields.List(fields.String(), required=True, metadata={"description": "`totp`, `recovery`."})
    sessions = fields.Integer(required=True, metadata={"description": "How many are alive."})
    created_at = _at()
    updated_at = _at()


class Session(Schema):
    """A sign-in that is alive."""

    id = _text()
    system = _text()
    browser = _text()
    network = _text("The network address that it began from.")
    started_at = _at()
    seen_at = _at()
    clients = fields.List(fields.String(), required=True, metadata={"description": "The client_id of each portal that it has reached."})


class Sessions(Schema):
    """Sessions of a member, the newest first."""

    sessions = fields.List(fields.Nested(Session), required=True)


class Client(Schema):
    """RFC 7591 metadata in force, defaults spelled out, and who looks after it. Other members may be there."""

    class Meta:
        unknown = INCLUDE

    client_id = _text()
    client_id_issued_at = fields.Integer(required=True, metadata={"description": "Unix seconds."})
    client_name = _text()
    redirect_uris = fields.List(fields.String(), required=True)
    grant_types = fields.List(fields.String(), required=True)
    scope = _text()
    token_endpoint_auth_method = _text()
    enabled = fields.Boolean(required=True, metadata={"description": "Not switched off."})
    managed = _text("`operator`; `itself` (RFC 7592); `people`: it has access to this API, or is the console, and cannot be changed here.")


class Registered(Client):
    """The same with its secret, shown this once, if it has one."""

    client_secret = fields.String()
    client_secret_expires_at = fields.Integer(metadata={"description": "0: never."})


class Clients(Schema):
    """A page of clients."""

    clients = fields.List(fields.Nested(Client), required=True)
    next = _maybe("`after` for the next page; null: this was the last.")


class Secret(Schema):
    """A new secret, shown this once."""

    client_id = _text()
    client_secret = _text()
    client_secret_expires_at = fields.Integer(required=True)


class Row(Schema):
    """A row of the audit record."""

    id = fields.Integer(required=True)
    at = _at()
    event = _text()
    result = _text()
    account_id = _maybe()
    client_id = _maybe()
    actor = _maybe()
    address = _maybe()
    request_id = _maybe()
    policy_version = _maybe()
    detail = fields.Dict(required=True)


class Rows(Schema):
    """A page of them."""

    rows = fields.List(fields.Nested(Row), required=True)
    next = fields.Integer(required=True, allow_none=True, metadata={"description": "`before` for the next page; null: this was the last."})


class Key(Schema):
    """A signing key; its public part stands in the JWKS."""

    kid = _text()
    alg = _text()
    state = _text("`next`, `current` or `retiring`.")
    active_from = _at()
    created_at = _at()


class Keys(Schema):
    """All that are published."""

    keys = fields.List(fields.Nested(Key), required=True)


class Import(Schema):
    """An import of contracts."""

    id = _text()
    state = _text(
        "`columns`: its columns are not known, say in the console what they are; `check`: it is being tried; `checked`: it can be "
        "applied; `apply`, `done`; `undo`, `undone`; `stopped`; `dropped`."
    )
    created_at = _at()
    finished_at = _at()
    bytes = fields.Integer(required=True)
    percent = fields.Integer(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "new, changed, unchanged, ended, errors …"})
    second_person = fields.Boolean(required=True, metadata={"description": "Too many contracts would end, or rows are doubled: somebody applies it in the console."})
    stopped = _maybe("Why it stopped.")


class Imports(Schema):
    """The newest imports."""

    imports = fields.List(fields.Nested(Import), required=True)
