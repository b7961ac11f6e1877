"""Opens the outside parts by their URLs: what the command line needs as well as the pages."""

import time
from pathlib import Path

from idp import own_texts, policy_file, secret_keys, texts
from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.adapters.fetch import SafeFetcher
from idp.config import Settings
from idp.deps import Deps
from idp.ports import Contractors, Ephemeral
from idp.services import console_client
from idp.tables.database import Database
from idp.toml_reader import TomlError
from idp.vault import Vault


def open_ephemeral(settings: Settings) -> Ephemeral:
    """The ephemeral store that the settings name. Raises `TomlError`."""
    url = settings.ephemeral.url
    if url.startswith("sqlite:///"):
        return SqliteEphemeral(url.removeprefix("sqlite:///"))
    from idp.adapters.ephemeral_redis import RedisEphemeral  # not every installation needs the driver

    try:
        return RedisEphemeral(url)
    except ValueError as error:
        raise TomlError([f"ephemeral.url: {error}."]) from None


def open_contractors(settings: Settings, database: Database, vault: Vault) -> Contractors:
    """The contract records that the settings name. Raises `TomlError`."""
    if settings.contractors.url == "register:":
        from idp.adapters.contractors_register import RegisterContractors

        return RegisterContractors(database, vault)
    from idp.adapters.contractors_http import HttpContractors  # its HTTP library is slow to import

    try:
        return HttpContractors(settings.contractors.url, settings.contractors.token)
    except ValueError as error:
        raise TomlError([f"contractors.url: {error}."]) from None


def make_folders(settings: Settings) -> None:
    """Make the folders of embedded stores."""
    for url in (settings.database.url, settings.ephemeral.url):
        if url.startswith("sqlite:///"):
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


def open_texts(settings: Settings, sms_reset: str = "code") -> None:
    """Put the operator's own texts in the place of ours, and prove that every SMS fits, links among them unless the policy
    sends codes only. Raises `TomlError`."""
    from idp.services import sms_proof

    own = own_texts.read(settings.texts.folder)
    texts.replace(own.texts)
    if found := list(sms_proof.unfit(settings, sms_reset != "code")):
        texts.replace({})
        raise TomlError([f"{own.places.get((locale, key), f'{key} ({locale})')}: {message}." for locale, key, message in found])


def open_deps(settings: Settings, base: Path, migrate: bool = True) -> Deps:
    """Open every outside part. With `migrate` the schema is brought up to date and keys that are due are made.

    Raises `TomlError` for a bad policy or text, `Unavailable` for a part that does not answer.
    """
    from idp import migrations
    from idp.services import keyring

    policy = policy_file.load(settings.policy, base)
    open_texts(settings, policy.recovery.sms_reset)
    make_folders(settings)
    vault = Vault(secret_keys.read(settings.secrets, settings.loopback, base, create=True))
    database = Database(settings.database.url, pool=settings.server.threads)
    deps = Deps(
        settings=settings,
        policy=policy,
        database=database,
        ephemeral=open_ephemeral(settings),
        contractors=open_contractors(settings, database, vault),
        vault=vault,
        clock=time.time,
    )
    if migrate and settings.database.migrate_at_start:
        migrations.upgrade(database)
        keyring.ensure(deps)
        console_client.ensure(deps)
    return deps


def close_deps(deps: Deps) -> None:
    """Close every connection."""
    deps.database.close()


def open_fetcher(settings: Settings) -> SafeFetcher:
    """The one way to addresses that clients register, and to our own as the console asks for it."""
    return SafeFetcher(loopback=not settings.secure, own=console_client.addresses(settings.issuer))


def after_fork(deps: Deps) -> None:
    """In a worker: drop the connections that the parent opened."""
    deps.database.forget_connections()
    deps.ephemeral.forget_connections()
