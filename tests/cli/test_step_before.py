"""This version on the tables of the step before, while they are brought up to date, and afterwards: members sign in all the time."""

from pathlib import Path

import requests

from idp import config, parts
from idp.services import console_client, keyring
from idp.tables.database import Database
from tests import running, services
from tests.cli.test_migrate import STEPS, upgrade_to
from tests.running import Browser, Idp, answer_of, exchange, new_name


def enters(idp: Idp, portal: dict, name: str) -> bool:
    """Whether a member signs in, and the portal gets tokens and refreshes them."""
    browser = Browser(idp)
    code = answer_of(browser.sign_in(browser.authorize(portal, scope="openid offline_access"), name))["code"]
    token = exchange(idp, portal, code).json()["refresh_token"]
    auth = (portal["client_id"], portal["client_secret"])
    return requests.post(f"{idp.issuer}/token", data={"grant_type": "refresh_token", "refresh_token": token}, auth=auth, timeout=20).status_code == 200


def test_members_sign_in_before_while_and_after_the_newest_step(tmp_path: Path, database_url: str) -> None:
    idp = running.configure(tmp_path / "idp", database_url, "sqlite:///ephemeral.db", services.free_port(), server="workers = 1\ncourier = false")
    idp.config.write_text(idp.config.read_text().replace("[ephemeral]", "migrate_at_start = false\n[ephemeral]", 1))
    database = Database(database_url)
    upgrade_to(database, STEPS[-2])
    database.close()
    deps = parts.open_deps(*config.load(str(idp.config)))
    keyring.ensure(deps)
    console_client.ensure(deps)
    parts.close_deps(deps)
    portal, names = idp.client(grant_types=["authorization_code", "refresh_token"]), [new_name(), new_name()]
    idp.account(names[0])
    with running.serving(idp):
        assert enters(idp, portal, names[0])
        assert idp.run("migrate").stdout.startswith(f"1 step(s) applied: {STEPS[-1]}")
        idp.account(names[1])
        assert [enters(idp, portal, name) for name in names] == [True, True]
