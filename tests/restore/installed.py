"""An installation on each engine, for commands and, through its parts, for everything that counts once."""

import contextlib
from pathlib import Path
from typing import Iterator

from click.testing import CliRunner, Result

from idp import cli, config, parts
from idp.deps import Deps
from idp.domain.account import Account
from idp.tables import accounts
from tests import running


class Installed:
    """A settings file, its commands, and its opened parts."""

    def __init__(self, folder: Path, database: str, keys_of: "Installed | None" = None):
        """`keys_of`: the installation whose secret keys this one has, too."""
        more = f'[secrets]\nfile = "{keys_of.folder}/var/secrets.txt"\n' if keys_of else ""
        self.idp = running.configure(folder, database, f"sqlite:///{folder}/ephemeral.db", 9, extra=more)
        self.folder = folder

    def run(self, *arguments: str) -> Result:
        """`idp ARGUMENTS`."""
        return CliRunner().invoke(cli.root, ["--config", str(self.idp.config), *arguments])

    def done(self, *arguments: str) -> str:
        """The same, which must succeed; returns what it said."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.output

    @contextlib.contextmanager
    def open(self) -> Iterator[Deps]:
        """The parts, closed afterwards."""
        settings, base = config.load(str(self.idp.config))
        deps = parts.open_deps(settings, base, migrate=False)
        try:
            yield deps
        finally:
            parts.close_deps(deps)

    def account(self, login_id: str) -> Account | None:
        """The account of this login ID."""
        with self.open() as deps, deps.database.read() as connection:
            return accounts.by_login_id(connection, login_id, with_destinations=True)
