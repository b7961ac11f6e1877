"""`idp check`: every setting and every outside part really tried."""

import math
import time
from functools import cache
from pathlib import Path
from typing import Callable

import click

from idp import config, policy_file, secret_keys
from idp.cli import why
from idp.domain.policy import Argon2Cost
from idp.ports import Unavailable
from idp.services import checks
from idp.tables.database import Database, DatabaseError
from idp.toml_reader import TomlError
from idp.vault import Vault

HASH_SECONDS = 0.05  # what a password hash takes at least, so that a stolen table is slow to guess (security requirements)


def outdated() -> list[str]:
    """One sentence for each library that is too old to start with."""
    return [f"{name} {found} is too old; at least {wanted} is needed." for name, found, wanted in checks.outdated()]


def hash_seconds(cost: Argon2Cost) -> float:
    """How long a password hash of this cost takes here, in seconds: the shortest of three, which nothing has disturbed."""
    from idp.services.argon2 import Room

    room, taken = Room(), []
    for _ in range(3):
        began = time.perf_counter()
        room.digest(b"password", bytes(16), cost)
        taken.append(time.perf_counter() - began)
    return min(taken)


def affordable(cost: Argon2Cost, taken: float) -> int:
    """The `time_cost` that makes a hash take `HASH_SECONDS` here, where one of this cost takes so many seconds."""
    return max(cost.time_cost, math.ceil(cost.time_cost * HASH_SECONDS / taken))


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Try every setting and every outside part, and say what to mend.

    \b
    settings, texts, templates, policy, password hash, secrets, library versions,
    database, schema, ephemeral store, mail, SMS, contract records, signing keys, clock.
    Sends no mail and no SMS. Exit code 0: all well; 1: something must be mended.
    """
    settings, base = config.load(ctx.obj)
    bad = 0
    for name, attempt in _attempts(settings, base).items():
        try:
            remark = attempt()
            click.echo(f"ok    {name}" + (f": {remark}" if remark else ""))
        except (Unavailable, TomlError, ValueError, OSError, DatabaseError) as error:
            bad += 1
            said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]  # never the statement
            click.echo(f"FAIL  {name}: {said}{why(error)}")
    if bad:
        click.echo(f"{bad} part(s) must be mended.", err=True)
        ctx.exit(1)


def _attempts(settings: config.Settings, base: Path) -> dict[str, Callable[[], str | None]]:
    from idp import courier, parts
    from idp.web import own_templates
    from idp.services.keyring import Keyring

    parts.make_folders(settings)

    @cache
    def database() -> Database:
        return Database(settings.database.url, pool=2)

    def secrets() -> tuple[tuple[str, bytes], ...]:
        return secret_keys.read(settings.secrets, settings.loopback, base, create=True)

    def texts_fit() -> None:
        try:
            sms_reset = policy_file.load(settings.policy, base).recovery.sms_reset
        except TomlError:  # the policy's own line says so
            sms_reset = "code"
        parts.open_texts(settings, sms_reset)

    def templates() -> None:
        own_templates.loader(settings.brand.templates)

    def versions() -> None:
        if old := outdated():
            raise ValueError(" ".join(old))

    def schema() -> str:
        found = checks.step(database())
        if found.at != found.wanted:
            raise ValueError(f"at step {found.at}, this version wants {found.wanted}; run: idp migrate")
        return f"step {found.at}"

    def ephemeral() -> None:
        store = parts.open_ephemeral(settings)
        if not checks.keeps(store):
            raise ValueError("what was written could not be read back")
        if found := store.mistakes():
            raise ValueError("; ".join(found))

    def keys() -> str:
        deps = parts.open_deps(settings, base, migrate=False)
        found = ", ".join(sorted(Keyring(deps).ring().signing))
        parts.close_deps(deps)
        if not found:
            raise ValueError("there are none; run: idp migrate")
        return found

    def sms() -> str | None:
        gateways = courier.open_gateways(settings)
        away = []
        for name, gateway in gateways.items():  # each by itself: the fallback must not hide the first, nor wait to be needed
            try:
                gateway.ping()
            except Unavailable as error:
                away.append(f"{name}: {error}" if len(gateways) > 1 else str(error))
        if away:
            raise Unavailable("; ".join(away))
        return ", ".join(gateways) or None

    def password_hash() -> str:
        try:
            cost = policy_file.load(settings.policy, base).password.hash
        except TomlError:  # the policy's own line says so
            cost = Argon2Cost()
        taken = hash_seconds(cost)
        said = f"{taken * 1000:.0f} ms with time_cost = {cost.time_cost}"
        if taken >= HASH_SECONDS:
            return said
        return f"{said}; this machine can afford time_cost = {affordable(cost, taken)} ({HASH_SECONDS * 1000:.0f} ms) in [password.hash] of the policy"

    def clock() -> str | None:
        skew = checks.skew(database(), time.time())
        if skew > checks.MAX_SKEW:
            raise ValueError(f"this machine and the database differ by {skew:.0f} seconds; run a time service")
        return f"{skew:.1f} s from the database's"

    return {
        "settings": lambda: settings.issuer,
        "libraries": versions,
        "texts": texts_fit,
        "templates": templates,
        "policy": lambda: policy_file.load(settings.policy, base).version,
        "password hash": password_hash,
        "secrets": lambda: f"{len(secrets())} key(s)",
        "database": lambda: database().ping(),
        "schema": schema,
        "ephemeral store": ephemeral,
        "mail": lambda: courier.open_mail(settings).ping(),
        "sms": sms,
        "contract records": lambda: parts.open_contractors(settings, database(), Vault(secrets())).ping(),
        "signing keys": keys,
        "clock": clock,
    }
