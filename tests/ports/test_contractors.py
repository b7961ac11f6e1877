"""Contract records: the register on both databases and an HTTP customer system pass one suite, and broken plugs fail it."""

import csv
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from idp.adapters.contractors_http import HttpContractors
from idp.adapters.contractors_register import RegisterContractors
from idp.ports import Unavailable
from idp.services import contractor_import
from idp.services.contractor_csv import ContractFile
from idp.tables.database import Database
from idp.vault import Vault
from tests.ports.contractors_suite import BROKEN, ENDED, HEADINGS, LIVE, SHUN, SHUN_TOO, SUITE, unavailable
from tests.ports.customer_system import TOKEN, CustomerSystem, send, served


def fill(database: Database, vault: Vault, folder: Path) -> None:
    """Import all contracts, then again without those that have ended."""
    for rows in ((*LIVE, *ENDED), LIVE):
        path = folder / "contracts.csv"
        with open(path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([HEADINGS, *rows])
        with open(path, "rb") as file:
            counts = contractor_import.run(database, vault, lambda: 1_000.0, ContractFile(file), allow_ending=50)
        assert counts.errors == 0
    assert counts.ended == len(ENDED)


@pytest.fixture
def register(database, vault, tmp_path):
    fill(database, vault, tmp_path)
    return RegisterContractors(database, vault)


@pytest.fixture
def system():
    return CustomerSystem(LIVE)


@pytest.fixture
def http(system):
    with served(system) as url:
        yield HttpContractors(url, TOKEN, timeout=30.0)


def test_the_register_keeps_the_contract(register):
    for check in SUITE:
        check(register)


def test_the_customer_system_keeps_the_contract(http):
    for check in SUITE:
        check(http)


@pytest.mark.parametrize("broken", BROKEN)
def test_the_suite_finds_a_broken_plug(broken, http):
    failed = []
    for check in SUITE:
        try:
            check(broken(http))
        except (AssertionError, Unavailable) as error:
            failed.append((check.__name__, error))
    assert failed


def test_a_register_that_cannot_be_read_says_so(vault, tmp_path):
    unavailable(RegisterContractors(Database(f"sqlite:///{tmp_path}/nowhere/idp.db"), vault))
    unavailable(RegisterContractors(Database(f"postgresql://nobody@/idp?host={tmp_path}"), vault))


def test_a_customer_system_that_is_gone_says_so(system):
    with served(system) as url:
        pass
    unavailable(HttpContractors(url, TOKEN, timeout=1.0))


def test_the_register_asks_one_question_whatever_the_facts(register):
    asked = []
    listen = Engine, "before_cursor_execute", lambda *args: asked.append(args[2])
    event.listen(*listen)
    for facts in (SHUN, SHUN_TOO, SHUN | SHUN_TOO, {"phone": "0748660739"}, {"phone": "0312345678"}):
        asked.clear()
        register.match(facts)
        assert len(asked) == 1
    event.remove(*listen)


def test_the_register_says_how_a_name_agreed_and_what_it_knows_of_the_number(register):
    assert (found := register.match(SHUN)).name_level == "bank"
    assert found.contract_key.startswith("k:")
    assert (again := register.match(SHUN_TOO)).name_level == "kanji"
    assert again.contractor_id == again.contract_key == found.contract_key
    assert register.match({"phone": "0748665678", "corporate_name": "甲賀電機"}).name_level == "company"
    assert register.match({"isp_mail": "shun@example.jp"}).name_level == ""


def test_a_secret_that_has_been_replaced_still_finds_contracts(register, database, tmp_path):
    old, new = ("test", bytes(range(32))), ("next", bytes(range(32, 64)))
    key = register.match(SHUN).contract_key
    both = Vault((new, old))
    assert RegisterContractors(database, both).match(SHUN_TOO).contract_key == key
    assert RegisterContractors(database, Vault((new,))).match(SHUN) is None
    fill_again = tmp_path / "again.csv"
    with open(fill_again, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEADINGS, *LIVE])
    with open(fill_again, "rb") as file:
        counts = contractor_import.run(database, both, lambda: 2_000.0, ContractFile(file))
    assert (counts.changed, counts.ended, counts.new) == (len(LIVE), 0, 0)
    # after one import the old secret can go, and contracts are still known by the same key
    assert RegisterContractors(database, Vault((new,))).match(SHUN).contract_key == key


def test_the_customer_system_is_asked_as_typed(http, system):
    http.match(SHUN)
    assert system.asked[-1]["body"] == {"facts": SHUN}
    assert system.asked[-1]["headers"]["Authorization"] == f"Bearer {TOKEN}"
    http.ping()
    assert system.asked[-1]["body"] == {"facts": {}}


def test_blank_facts_never_leave_the_house(http, system):
    http.match({"phone": " "})
    http.match({})
    assert system.asked == []


def test_no_netrc_replaces_the_token(http, system, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert http.match(SHUN)
    assert system.asked[-1]["headers"]["Authorization"] == f"Bearer {TOKEN}"


def test_a_wrong_token_is_no_answer(system):
    with served(system) as url:
        unavailable(HttpContractors(url, "another", timeout=2.0))


def body(text, status=200, **headers):
    raw = text if isinstance(text, bytes) else text.encode()
    return lambda handler: send(handler, status, raw, **headers)


def drip(handler):
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):
        for _ in range(40):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            threading.Event().wait(0.02)
        handler.wfile.write(b'{"match": null}')


def hang(handler):
    threading.Event().wait(0.6)


ID = '{"match": {"contractor_id": %s, "contract_type": %s}}'


@pytest.mark.parametrize(
    "answer",
    [
        body('{"match": null}', 500),
        body('{"match": null}', 404),
        body('{"match": null}', 204),
        body("", 302, Location="/contracts/other"),
        body(""),
        body("null"),
        body("[]"),
        body("{}"),
        body('{"match": true}'),
        body('{"match": {}}'),
        body('{"match": "1234567"}'),
        body(ID % ('"1"', '"family"')),
        body(ID % ('"1"', "null")),
        body(ID % ('"1"', '["individual"]')),
        body(ID % ("1", '"individual"')),
        body(ID % ('""', '"individual"')),
        body(ID % ('"%s"' % ("1" * 65), '"individual"')),
        body(ID % ('"a\\n"', '"individual"')),
        body(ID % ('"番号"', '"individual"')),
        body('{"match": null}'.encode("utf-16")),
        body(b"\xff\xfe\xfd"),
        body("[" * 8_000),
        body('{"match": null, "pad": "%s"}' % ("x" * 20_000)),
        body('{"match": null}', 200, **{"Content-Length": "400"}),
        drip,
        hang,
        lambda handler: handler.wfile.write(b"not HTTP at all\r\n\r\n"),
        lambda handler: handler.connection.close(),
    ],
)
def test_anything_else_is_no_answer(answer, system):
    system.answer = answer
    with served(system) as url:
        unavailable(HttpContractors(url, TOKEN, timeout=0.3))


def test_an_answer_in_a_few_pieces_is_read(system):
    def pieces(handler):
        whole = json_answer.encode()
        handler.send_response(200)
        handler.end_headers()
        for part in (whole[:5], whole[5:]):
            handler.wfile.write(part)
            handler.wfile.flush()
            threading.Event().wait(0.05)

    json_answer = ID % ('"A-1"', '"corporate"')
    system.answer = pieces
    with served(system) as url:
        found = HttpContractors(url, TOKEN).match(SHUN)
    assert (found.contractor_id, found.contract_key, found.contract_type) == ("A-1", "A-1", "corporate")


@pytest.mark.parametrize("url", ["http://crm.example.jp/match", "ftp://127.0.0.1/", "https://", ""])
def test_facts_go_out_only_by_https(url):
    with pytest.raises(ValueError):
        HttpContractors(url, TOKEN)
