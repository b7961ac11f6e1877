"""What may be sent is counted in the transaction that sends it, by all at once (requirement MF-04)."""

from dataclasses import replace
from pathlib import Path

import pytest

from idp.services import one_time_codes, recovery_letters
from idp.services.one_time_codes import NotSent
from idp.sms_settings import FallbackSettings, GatewaySettings, SmsSettings
from idp.tables import quotas
from idp.tables.database import Database
from tests.courier.house import NOW, Clock, house
from tests.services import race

HOUR = one_time_codes.HOUR


class _Over(Exception):
    pass


def spend(database: Database, now: int = NOW, *counted: tuple[str, int, int]) -> int | None:
    """Count as a sender does: nothing is kept of what was over a limit."""
    found = None
    try:
        with database.write() as connection:
            found = quotas.spend(connection, counted or [("a", 3, HOUR), ("b", 5, HOUR)], now)
            if found is not None:
                raise _Over
    except _Over:
        pass
    return found


def test_of_many_at_once_as_many_as_may_are_counted(database: Database) -> None:
    assert race(16, lambda: spend(database)).count(None) == 3


def test_a_window_ends_and_what_was_refused_is_not_counted(database: Database) -> None:
    for late in (0, 10, 20):
        assert spend(database, NOW + late) is None
    assert spend(database, NOW + HOUR - 1) == NOW + HOUR
    assert spend(database, NOW + 30, ("b", 4, HOUR)) is None  # b was counted three times only
    assert spend(database, NOW + HOUR) is None


def test_parallel_callers_with_the_same_limits_never_wait_for_each_other(database: Database) -> None:
    names = [(name, 1_000, HOUR) for name in "abcdef"]
    assert race(16, lambda: [spend(database, NOW, *reversed(names)) or spend(database, NOW, *names) for _ in range(5)]) == [[None] * 5] * 16


@pytest.mark.parametrize(("first", "second", "messages"), [(10, 0, 3), (10, 15, 2), (0, 30, 1), (0, 0, 5)])
def test_the_purse_is_emptied_by_the_dearer_gateway(database: Database, tmp_path: Path, first: int, second: int, messages: int) -> None:
    deps = house(database, tmp_path, Clock())
    sms = SmsSettings("https://a.example.jp/", GatewaySettings(yen=first), FallbackSettings(yen=second, url="https://b.example.jp/"))
    rule = replace(deps.policy.codes, sms_yen_per_day=30)
    deps = replace(deps, settings=replace(deps.settings, sms=sms), policy=replace(deps.policy, codes=rule))
    for number in range(messages):
        with deps.database.write() as connection:
            one_time_codes.reserve(connection, deps, f"s{number}", "sms", f"+8190{number}")
    if first or second:
        with pytest.raises(NotSent), deps.database.write() as connection:
            one_time_codes.reserve(connection, deps, "s", "sms", "+8190")


@pytest.mark.parametrize(("per_country", "yen"), [(6, 1_000), (1_000, 65)])
def test_what_anybody_can_ask_for_leaves_half_of_the_sms_to_sign_ins(database: Database, tmp_path: Path, per_country: int, yen: int) -> None:
    deps = house(database, tmp_path, Clock())
    rule = replace(deps.policy.codes, sms_per_country_per_day=per_country, sms_yen_per_day=yen)
    sms = SmsSettings("https://a.example.jp/", GatewaySettings(yen=10))
    deps = replace(deps, settings=replace(deps.settings, sms=sms), policy=replace(deps.policy, codes=rule))

    def sent(scope: str) -> int:
        """How many go out to different members before no more do."""
        for number in range(20):
            try:
                with deps.database.write() as connection:
                    one_time_codes.reserve(connection, deps, f"{scope}s{number}", "sms", f"+8190{number}", scope)
            except NotSent:
                return number
        raise AssertionError("no end")

    assert (sent(recovery_letters.SCOPE), sent(""), sent(recovery_letters.SCOPE)) == (3, 3, 0)
