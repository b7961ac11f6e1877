"""The mail server or the customer system is away: the page is the same, and the request waits."""

import time
from pathlib import Path

from tests import running, services
from tests.ports.contractors_suite import LIVE
from tests.ports.customer_system import TOKEN, CustomerSystem, served
from tests.recovery.person import CONTRACTS, Person, table, title
from tests.recovery.test_equal_answers import shape
from tests.running import Idp
from tests.settings.member import rows


def outcomes(idp: Idp, channel: str) -> list[tuple]:
    """Outcome of every letter or request of a channel, and whether it was tried."""
    return rows(idp, "SELECT outcome, attempts > 0 FROM outbox WHERE channel = :c ORDER BY id", c=channel)


def wait(idp: Idp, channel: str, wanted: list[tuple]) -> None:
    """Until the outbox says so."""
    services.wait_until(lambda: outcomes(idp, channel) == wanted, story=lambda: str(outcomes(idp, channel)))


def test_a_letter_waits_for_the_mail_server_and_nobody_can_tell(tmp_path: Path) -> None:
    extra = f'[mail]\nurl = "smtp://127.0.0.1:{services.free_port()}?tls=none"\n'
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), extra)
    (tmp_path / "contracts.csv").write_text(table(), encoding="utf-8")
    with running.serving(idp):
        idp.within("contractor", "import", str(tmp_path / "contracts.csv"))
        hanako, nobody = Person(idp, CONTRACTS[-1]).join(), Person(idp, CONTRACTS[-2])
        assert shape(hanako.ask("pw")) == shape(nobody.ask("pw"))
        wait(idp, "mail", [("queued", True)])
        assert hanako.results() == ["ok"]
        wait(idp, "request", [("accepted", True), ("accepted", True)])


def test_a_request_waits_for_the_customer_system(tmp_path: Path) -> None:
    system = CustomerSystem(LIVE)
    with served(system) as url:
        pass
    extra = f'[contractors]\nurl = "{url}"\ntoken = "{TOKEN}"\n'
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), extra)
    with running.serving(idp):
        hanako, known = Person(idp, CONTRACTS[-1]).join(), Person(idp, CONTRACTS[-2]).join()
        assert title(hanako.ask("pw")) == "お知らせの受付が終わりました"
        wait(idp, "request", [("queued", True)])
        assert shape(known.ask_by_name()) == shape(hanako.ask("pw"))
        assert known.results() == ["ok"], "who is known by the login ID need not wait for it"
        assert rows(idp, "SELECT count(*) FROM outbox WHERE channel = 'request' AND facts LIKE '%山田%'") == [(0,)]
        assert hanako.requests() == []
        rows(idp, "UPDATE outbox SET expires_at = 1 WHERE channel = 'request' AND outcome = 'queued'")
        end = time.monotonic() + 30
        while rows(idp, "SELECT count(*) FROM outbox WHERE channel = 'request' AND facts IS NOT NULL") != [(0,)]:
            assert time.monotonic() < end, "after its time it is forgotten"
            time.sleep(0.2)
