"""What several commands share: opening the house from a settings file."""

import os
import re
from contextlib import contextmanager
from typing import Iterator

import click

from idp import config, parts
from idp.deps import Deps
from idp.services.passwords import Hasher
from idp.tables.database import DatabaseError
from idp.toml_reader import UNITS


class Refused(click.ClickException):
    """One plain sentence on stderr, exit code 1."""

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what the database says of a statement, such as one about a table that is not there, into one sentence."""
    try:
        yield
    except DatabaseError as error:
        said = str(getattr(error, "orig", error)).strip().splitlines()[0][:200]
        raise Refused(f"The database refuses: {said}. Are its tables up to date? Try: idp check") from None


def hasher(deps: Deps) -> Hasher:
    """Hashes passwords on every core."""
    return Hasher(deps.policy.password.hash, deps.vault, slots=os.cpu_count() or 1, waiting=64)


def actor() -> str:
    """Who types the command, for the audit trail."""
    return f"cli:{os.getuid()}"


@contextmanager
def opened(ctx: click.Context, migrate: bool = True) -> Iterator[Deps]:
    """The opened house of `idp --config FILE`, closed at the end. `migrate` brings the embedded default up to date."""
    settings, base = config.load(ctx.obj)
    with plainly():
        deps = parts.open_deps(settings, base, migrate=migrate)
        try:
            yield deps
        finally:
            parts.close_deps(deps)


def seconds_of(text: str, option: str) -> int:
    """Seconds of a duration such as 24h that was given with an option. Raises `Refused`."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not found:
        raise Refused(f'{option}: write a duration such as "0s", "24h" or "7d".')
    return int(found[1]) * UNITS[found[2]]
