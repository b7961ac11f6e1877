"""The database's line is cut before each command of an export of letters: run again, every printed password signs in."""

from pathlib import Path

from idp import config, parts
from idp.domain.account import Account
from idp.domain.policy import Argon2Cost
from idp.ports import Unavailable
from idp.services import letter_export
from idp.services.letter_export import Wish
from idp.services.passwords import Hasher
from idp.tables import accounts
from tests.accounts.printed import all_valid, read, rows
from tests.faults.conftest import Fragile
from tests.running import new_name

MOST = 40  # commands that one export may take


def test_an_export_of_letters(fragile: Fragile, tmp_path: Path) -> None:
    deps = parts.open_deps(*config.load(str(fragile.idp.config)))
    hasher = Hasher(Argon2Cost(memory_kib=64, time_cost=1), deps.vault, slots=4, waiting=64)
    relay, left = fragile.relays["database"], set()

    def export(path: Path, names: tuple[str, ...]) -> bool:
        try:
            letter_export.run(deps, hasher, str(path), Wish(names), "cli:0")
        except Unavailable:
            return False
        return True

    for sentences in range(MOST):
        path, people = tmp_path / f"{sentences}.csv", [Account(f"s-{name}", name, name, "はなこ") for name in (new_name(), new_name())]
        with deps.database.write() as connection:
            for one in people:
                accounts.add(connection, one)
        names = tuple(one.login_id for one in people)
        relay.cut_after(sentences)
        done = export(path, names)
        cut = relay.heal()
        if not done:
            left.add(path.with_name(f"{path.name}.part").exists())
            assert cut and not path.exists()
            assert export(path, names)
        assert all_valid(deps, hasher, rows(path), people) and {read(deps, one).epoch for one in people} == {1}
        if not cut:
            assert left == {False, True}, "cut before the first letter, and behind it"
            break
    else:
        raise AssertionError("it never got through")
    parts.close_deps(deps)
