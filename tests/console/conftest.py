"""An installation that is only built, and its staff."""

from dataclasses import dataclass
from typing import Iterator

import pytest
from flask import Flask

from idp import app, config, parts
from idp.deps import Deps
from tests import running
from tests.console.people import ROLES, Inside, account_of
from tests.running import Idp


@dataclass(frozen=True)
class Built:
    """The pages of an installation without a server, what they hold, and its command line."""

    pages: Flask
    deps: Deps
    idp: Idp

    def colleague(self, role: str, seconds: int = 0) -> Inside:
        """Somebody new of this role, who has proven themselves so long ago."""
        subject = self.idp.account(running.new_name(), "--role", role)
        return Inside(self.pages, self.deps, account_of(self.deps, subject), seconds)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Everything but a server; on embedded stores."""
    idp = running.configure(tmp_path_factory.mktemp("console"), "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000)
    deps = parts.open_deps(*config.load(str(idp.config)))
    yield Built(app.flask_app(app.build(deps)), deps, idp)
    parts.close_deps(deps)


@pytest.fixture(scope="module")  # a proof is fresh for minutes only
def staff(built: Built) -> dict[str, Inside]:
    """One colleague of each role."""
    return {role: built.colleague(role) for role in ROLES}
