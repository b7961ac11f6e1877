"""A house with cheap hashes on each engine, and its hasher."""

from pathlib import Path
from typing import Any

import pytest

from idp.adapters.ephemeral_sqlite import SqliteEphemeral
from idp.config import Settings
from idp.deps import Deps
from idp.domain.policy import Argon2Cost, PasswordRule, Policy
from idp.services.passwords import Hasher
from idp.tables.database import Database
from idp.vault import Vault

NOW = 1_800_000_000


@pytest.fixture
def deps(database: Database, vault: Vault, tmp_path: Path) -> Deps:
    """Time stands at `NOW`. Nobody here asks the contract records."""
    nobody: Any = None
    return Deps(
        settings=Settings(),
        policy=Policy("test-1", password=PasswordRule(hash=Argon2Cost(memory_kib=64, time_cost=1))),
        database=database,
        ephemeral=SqliteEphemeral(f"{tmp_path}/ephemeral.db"),
        contractors=nobody,
        vault=vault,
        clock=lambda: float(NOW),
    )


@pytest.fixture
def hasher(deps: Deps) -> Hasher:
    """As many slots as the parallel tests have threads."""
    return Hasher(deps.policy.password.hash, deps.vault, slots=16, waiting=64, patience=60.0)
