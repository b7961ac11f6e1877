"""What a page of recovery writes is the same whatever is true, so that neither answer nor duration can show it; and guessing
stops at the limit of the contract (requirements RC-01, RC-05)."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest

from idp import courier
from idp.deps import Deps
from idp.features.recovery import flow
from idp.features.recovery.forms import AskForm
from idp.ports import ContractMatch
from idp.services import contractor_import
from idp.services.contractor_csv import ContractFile
from tests.input.inside import Inside, Visitor
from tests.input.wire import Request
from tests.recovery.person import CONTRACTS, FORM, Person, table

STOP = threading.Event()
# each address may ask so often, and asks once more
ADDRESSES, EACH = 200, 5
TABLES = ("accounts", "audit", "failures", "links", "outbox", "quotas")


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    """An installation in this process, without a courier."""
    folder: Path = tmp_path_factory.mktemp("unseen")
    found = Inside(folder, policy={"contract_checks": {"per_address_per_hour": str(EACH), "per_address_under_friction": "3", "failures_per_hour_before_friction": "1000000"}})
    (folder / "contracts.csv").write_text(table(), encoding="utf-8")
    with (folder / "contracts.csv").open("rb") as file:
        contractor_import.run(found.deps.database, found.deps.vault, found.deps.clock, ContractFile(file), allow_ending=100)
    found._member("known", "Kawa7Sumire", letter=False, email="k@mail.example", verified=True, contractor_id=str(CONTRACTS[-1].number))
    yield found


def facts(contract: Any = CONTRACTS[-1], **changes: str) -> dict[str, str]:
    """What the form wants of a contract."""
    return {"kind": "pw", "by": "facts", "dest": "mail", **Person(None, contract).facts, **changes}  # type: ignore[arg-type]


CASES = {
    "a match": facts(),
    "a wrong birth date": facts(birth_day="2"),
    "a wrong name": facts(family_name="川田"),
    "an unknown contract": facts(isp_mail="nobody@hikari.example"),
    "no account": facts(CONTRACTS[-2]),
    "no such destination": facts(dest="sms"),
    "a company that is a person": facts(type="corporate", corporate_name="甲賀"),
    "a login ID": {"kind": "pw", "by": "login_id", "login_id": "known", "dest": "mail"},
    "a login ID that nobody has": {"kind": "pw", "by": "login_id", "login_id": "unknown", "dest": "mail"},
}


def ask(inside: Inside, fields: Mapping[str, str], address: str = "192.0.2.200") -> tuple[Any, dict[str, Any]]:
    """The last page, and what the last button wrote: rows by table, values by kind of key."""
    visitor = Visitor(inside, address)
    form = visitor.page(visitor.go(Request("GET", FORM, b"kind=pw")))
    confirm = visitor.page(visitor.go(form.request(fields=dict(fields))))

    def stored() -> dict[str, int]:
        values = [key.split(":")[1] for key, _ in inside.stored()[1]]
        return {name: inside.column(f"SELECT count(*) FROM {name}")[0] for name in TABLES} | {key: values.count(key) for key in values}

    before = stored()
    answer = visitor.go(confirm.request())
    after = stored()
    return answer, {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}


@pytest.mark.parametrize("case", CASES)
def test_the_same_is_written_whatever_is_true(inside: Inside, case: str) -> None:
    inside.rewind()
    answer, written = ask(inside, CASES[case])
    assert answer.status == 200 and "お知らせの<wbr>受付が" in answer.text
    assert written == {"outbox": 1, "draft": 1, "recovery": 1}


class Counted:
    """The records, with what was truly asked of one contract."""

    def __init__(self, inner: Any, address: str):
        self.inner, self.address, self.asked = inner, address, 0

    def match(self, asked: Mapping[str, str]) -> ContractMatch | None:
        """As the records say."""
        self.asked += asked.get("isp_mail") == self.address
        return self.inner.match(asked)

    def ping(self) -> None:
        """As the records do."""
        self.inner.ping()


def work(deps: Deps) -> None:
    """What a courier does until nothing is left."""
    while courier.deliver_next(deps, "request", courier.by_house(deps), STOP):
        pass


def test_of_all_birth_dates_tried_over_200_addresses_five_are_looked_at(inside: Inside) -> None:
    inside.rewind()
    counted = Counted(inside.deps.contractors, CONTRACTS[-1].mail)
    deps = replace(inside.deps, contractors=counted)
    first, channels = date(1925, 1, 1), "SELECT count(*) FROM outbox WHERE channel = '%s'"
    requests, mails = inside.column(channels % "request")[0], inside.column(channels % "mail")
    for number in range(ADDRESSES * (EACH + 1)):
        born = first + timedelta(days=number)
        form = dict.fromkeys(AskForm().fields, "") | facts(birth_year=str(born.year), birth_month=str(born.month), birth_day=str(born.day))
        flow.submit(deps, f"owner{number}", flow.Draft(form, f"attempt{number}"), f"198.51.100.{number % ADDRESSES}", "ja")
        if number == 100:  # some are worked on between the others
            work(deps)
    work(deps)
    assert counted.asked == 5
    assert inside.column(channels % "request") == [requests + ADDRESSES * EACH]
    assert inside.column(channels % "mail") == mails
