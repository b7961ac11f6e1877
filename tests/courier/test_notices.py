"""Notices by SMS cost money: they are counted, and what is beyond a limit goes by mail alone (requirement MF-04)."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.deps import Deps
from idp.domain.account import Account, Destination
from idp.services import notices, one_time_codes
from idp.services.one_time_codes import NotSent
from idp.tables.database import Database
from idp.tables.schema import outbox
from tests.accounts.printed import member
from tests.courier.house import NOW, Clock, house
from tests.services import race

FACTS = {"datetime": NOW, "summary": "printed_used", "os": "other", "browser": "other"}


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    """A house whose limits are low enough to be met."""
    found = house(database, tmp_path, Clock())
    return replace(found, policy=replace(found.policy, codes=replace(found.policy.codes, sms_per_country_per_day=24)))


def hanako(deps: Deps, number: int = 0, mail: bool = True) -> Account:
    """A member with a telephone, and perhaps a mailbox."""
    places = (Destination(f"p{number}", f"s-hanako{number}", "sms", f"+8190123456{number:02}", NOW),)
    if mail:
        places += (Destination(f"m{number}", f"s-hanako{number}", "email", f"hanako{number}@home.example", NOW),)
    return member(deps, f"hanako{number}", destinations=places)


def tell(deps: Deps, account: Account, **how: object) -> None:
    with deps.database.write() as connection:
        notices.tell(connection, deps, account, **{"template": "notice.tfa", "facts": FACTS, **how})


def sent(deps: Deps) -> tuple[int, int]:
    """How many text messages and mails wait in the outbox."""
    with deps.database.read() as connection:
        channels = list(connection.execute(select(outbox.c.channel)).scalars())
    return channels.count("sms"), channels.count("mail")


@pytest.mark.parametrize("mail", [True, False])
def test_an_account_gets_the_first_few_of_a_day_by_sms_and_all_by_mail(deps: Deps, mail: bool) -> None:
    account = hanako(deps, mail=mail)
    race(16, lambda: tell(deps, account))
    assert sent(deps) == (notices.SMS_A_DAY, 16 * mail)
    deps.clock.now += 86_400  # type: ignore[attr-defined]
    tell(deps, account)
    assert sent(deps)[0] == notices.SMS_A_DAY + 1


def test_notices_use_at_most_half_of_what_sms_may_cost_and_codes_keep_the_rest(deps: Deps) -> None:
    for number in range(20):
        tell(deps, hanako(deps, number))
    assert sent(deps) == (12, 20)
    for number in range(12):
        with deps.database.write() as connection:
            one_time_codes.reserve(connection, deps, f"s{number}", "sms", f"+8180{number}")
    with pytest.raises(NotSent), deps.database.write() as connection:
        one_time_codes.reserve(connection, deps, "s", "sms", "+8180")


def test_codes_that_have_used_everything_up_leave_no_sms_to_notices(deps: Deps) -> None:
    for number in range(24):
        with deps.database.write() as connection:
            one_time_codes.reserve(connection, deps, f"s{number}", "sms", f"+8180{number}")
    tell(deps, hanako(deps))
    assert sent(deps) == (0, 1)


def test_the_code_that_takes_a_change_back_goes_out_in_any_case(deps: Deps) -> None:
    account = hanako(deps)
    facts = FACTS | {"deadline": NOW, "undo_code": "abcd-efgh"}
    for _ in range(notices.SMS_A_DAY + 3):
        tell(deps, account)
    tell(deps, account, template="notice.undo", facts=facts, sms={"undo_code"})
    assert sent(deps)[0] == notices.SMS_A_DAY + 1


def test_what_the_operators_records_cause_is_not_counted(deps: Deps) -> None:
    account = hanako(deps)
    for _ in range(notices.SMS_A_DAY + 1):
        tell(deps, account, template="notice.contract_back", facts={}, counted=False)
    tell(deps, account)
    assert sent(deps)[0] == notices.SMS_A_DAY + 2
