"""What was used after the backup is not good again, on each engine; and each table has its rule (requirement OP-05)."""

from dataclasses import replace
from pathlib import Path

from idp import migrations
from idp.services import restoring
from idp.tables import copies, login_ids, restored, schema, stamps
from tests.restore import once
from tests.restore.installed import Installed


def test_every_table_has_a_rule() -> None:
    named = [table.name for rules in (restored.GONE, restored.CHANGED, restored.KEPT) for table in rules]
    assert len(named) == len(set(named)), "one rule each"
    assert set(named) == set(schema.metadata.tables), "a new table: say in idp/tables/restored.py what a restore does with it, and why"


def test_what_was_used_after_the_backup_is_not_good_again(here: Installed, tmp_path: Path) -> None:
    account = here.account("hanako")
    assert account
    with here.open() as deps:
        made = once.make(deps, account)
    here.done("backup", str(tmp_path / "copy"))
    with here.open() as running:
        now = running.clock()
        deps = replace(running, clock=lambda: now)  # the code of an app is the same both times
        uses = {name: (use(deps, account, made.get(name)), use(deps, account, made.get(name))) for name, use in once.USES.items()}
        assert uses == dict.fromkeys(once.USES, (True, False)), "each counts once"
        assert all(stands(deps, account, made.get(name)) for name, stands in once.ENDS.items())
    said = here.done("restore", str(tmp_path / "copy"), "--over")
    assert "Restored 1 account(s)" in said and "What is replaced was copied to " in said
    with here.open() as deps:
        again = once.current(deps, account.id)
        found = {name: use(deps, again, made.get(name)) for name, use in (once.USES | once.ENDS).items()}
    assert found == dict.fromkeys(found, False)


def test_brought_back_and_no_more_everything_would_be_good_again(here: Installed, tmp_path: Path) -> None:
    """So that the test above can fail."""
    account = here.account("hanako")
    assert account
    with here.open() as deps:
        made = once.make(deps, account)
        copies.make(deps.database, tmp_path / "copy")
        for name, use in once.USES.items():
            use(deps, account, made.get(name))
        restoring.restore(deps.database, tmp_path / "copy", lambda connection: None)
        found = {name: use(deps, account, made.get(name)) for name, use in (once.USES | once.ENDS).items()}
    assert found == dict.fromkeys(found, True)


def test_no_epoch_of_the_lost_time_comes_again(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    for _ in range(3):
        here.done("account", "sign-out-everywhere", "hanako")
    lost = here.account("hanako")
    here.done("restore", str(tmp_path / "copy"), "--over")
    again = here.account("hanako")
    assert lost and again and lost.epoch == 3 and again.epoch == restored.EPOCHS


def test_workers_read_their_registers_anew(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    with here.open() as deps:
        with deps.database.read() as connection:
            before = stamps.read(connection)
    here.done("restore", str(tmp_path / "copy"), "--over")
    with here.open() as deps, deps.database.read() as connection:
        assert stamps.read(connection) == {name: version + restored.VERSIONS for name, version in before.items()}


def test_a_login_id_given_out_since_is_nobodys(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    subject = here.idp.account("jirosan")
    hanako = here.account("hanako")
    assert hanako
    with here.open() as deps, deps.database.write() as connection:
        assert login_ids.change_login_id(connection, hanako, "hanako2", "hanako2", deps.now(), deps.now())
    said = here.done("restore", str(tmp_path / "copy"), "--over")
    assert "2 login ID(s) given out since then are kept" in said
    closed = here.account("jirosan")
    assert closed and (closed.id, closed.status, closed.password_hash, closed.nickname) == (subject, "closed", None, "")
    for name in ("jirosan", "hanako2"):
        with here.open() as deps, deps.database.read() as connection:
            assert login_ids.ever_used(connection, name)
    refused = here.run("account", "add", "--login-id", "jirosan", "--nickname", "J")
    assert refused.exit_code == 1 and "belongs to another account" in refused.output
    again = here.account("hanako")
    assert again and again.id == hanako.id and again.status == "active"


def test_the_record_says_so_and_goes_on(here: Installed, tmp_path: Path) -> None:
    here.done("backup", str(tmp_path / "copy"))
    here.done("account", "lock", "hanako")
    here.done("restore", str(tmp_path / "copy"), "--over")
    assert here.idp.audit("account_locked") == [], "lost with the time after the backup"
    (row,) = here.idp.audit("database_restored")
    assert row["actor"].startswith("cli:") and f'"step": "{migrations.head()}"' in row["detail"]
    assert row["id"] > here.idp.audit("backup_made")[0]["id"]
    here.done("account", "lock", "hanako")


def test_an_empty_database_needs_no_leave_and_what_it_cannot_know_is_said(here: Installed, tmp_path: Path, empty_url: str) -> None:
    here.done("backup", str(tmp_path / "copy"))
    other = Installed(tmp_path / "other", empty_url, keys_of=here)
    said = other.done("restore", str(tmp_path / "copy"))
    assert "Restored 1 account(s)" in said and "not known here" in said and "copied to" not in said
    assert other.done("migrate").startswith("0 step(s) applied")
    assert '"login_id": "hanako"' in other.done("account", "show", "hanako")
    other.idp.account("saburo")  # counters go on where they were
    assert other.idp.audit("account_added")[-1]["id"] > other.idp.audit("database_restored")[-1]["id"]
