"""The printed nginx knows the service's addresses: which are asked by programs, and which carry a link that must not be logged."""

from typing import Iterator

import pytest

from idp import app
from idp.web.house import House
from tests import services
from tests.cli.test_printed import Proxied, configured
from tests.clients.dynamic import ON
from tests.nginx import in_front
from tests.ports.smtp_server import self_made_certificate
from tests.settings.member import inside

SECRET = "geheim"


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """nginx in front of a service with all its endpoints, which is not running."""
    port, folder = services.free_port(), tmp_path_factory.mktemp("away")
    idp, chain = configured(folder, port, services.free_port()), self_made_certificate(folder)
    idp.config.write_text(idp.config.read_text() + ON)
    idp.run("migrate")
    with in_front(idp.config, port, chain):
        yield Proxied(idp, folder, chain)


@pytest.fixture(scope="module")
def house(away: Proxied) -> Iterator[House]:
    """What the service is built of."""
    with inside(away.idp) as deps:
        yield app.build(deps)


def test_programs_are_answered_json_at_each_of_their_addresses(away: Proxied, house: House) -> None:
    """But for the pages' own files, and the numbers, which only networks of the operator may ask for."""
    for path in app.machine_endpoints(house):
        if not path.startswith("/static/") and path != "/metrics":
            answer = away.ask(path.removesuffix("*") + ("something" if path[-1] in "/*" else ""), "POST")
            assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json"), path
    assert away.ask("/clientsomething").headers["Content-Type"].startswith("text/html")


def test_no_link_of_a_letter_stands_in_the_log(away: Proxied, house: House) -> None:
    rules = [rule.rule for rule in app.flask_app(house).url_map.iter_rules() if "token" in rule.arguments]
    for rule in rules:
        away.ask(rule.replace("<token>", SECRET))
    away.ask("/last")
    log = away.folder / "idp.log"
    services.wait_until(lambda: " /last " in log.read_text())
    assert len(rules) >= 4 and SECRET not in log.read_text()
    assert all(f" {rule.replace('<token>', '-')} " in log.read_text() for rule in rules)
