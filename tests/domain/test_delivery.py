"""When the next thing is worth trying, and what a mailbox is called."""

import pytest

from idp.domain import delivery, mailboxes


@pytest.mark.parametrize(
    "seconds, due", [(0, []), (59, []), (60, [True]), (179, [True]), (180, [False, True]), (600, [False, False, True]), (9_999, [False, False, True])]
)
def test_the_rungs_of_the_ladder_come_one_by_one_and_stay(seconds: int, due: list[bool]) -> None:
    rungs = delivery.ladder(1_000, 1_000 + seconds)
    assert [rung.at for rung in rungs] == [1_060, 1_180, 1_600]
    assert [rung.newest for rung in rungs if rung.due] == due
    assert sum(rung.newest for rung in rungs) == bool(due)
    assert [rung.wait for rung in rungs] == [max(0, at - seconds) for at in delivery.AFTER]


@pytest.mark.parametrize(
    "address, provider",
    [
        ("h****o@docomo.ne.jp", "docomo"),
        ("hanako@DOCOMO.NE.JP", "docomo"),
        ("a@t.vodafone.ne.jp", "softbank"),
        ("a@ezweb.ne.jp", "au"),
        ("a@notdocomo.ne.jp", "other"),
        ("a@docomo.ne.jp.example", "other"),
        ("a@example.jp", "other"),
        ("", "other"),
    ],
)
def test_a_mailbox_is_known_by_its_whole_domain(address: str, provider: str) -> None:
    assert mailboxes.provider(address) == provider


def test_every_provider_whose_help_is_shown_is_one() -> None:
    assert set(mailboxes.HELP) <= set(mailboxes.PROVIDERS)
