"""What the storm's load knows of members' passwords when the installation is set back."""

import time

from tests.faults.storm.ledger import Ledger, Member


def test_a_password_that_a_restore_has_undone_is_not_in_the_next_backup() -> None:
    ledger = Ledger()
    member = ledger.member(Member("m", "first"))
    backup_at = time.monotonic()
    member.has("second")
    ledger.restored(backup_at)
    assert (member.password, member.maybe) == ("first", ["second"])
    member.has("first")  # as a sign-in finds out
    ledger.restored(time.monotonic())
    assert (member.password, member.maybe) == ("first", [])
