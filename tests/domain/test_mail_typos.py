"""One slip of the finger in a mail domain is recognised; what may be somebody's own is left alone."""

import pytest

from idp.domain import mail_typos


@pytest.mark.parametrize("typed, meant", [("docmo.ne.jp", "docomo.ne.jp"), ("docomo.en.jp", "docomo.ne.jp"), ("gmial.com", "gmail.com"), ("gmail.con", "gmail.com"),
                                          ("gmaiil.com", "gmail.com"), ("Yahoo.co.jo", "yahoo.co.jp"), ("gmail.com", None), ("example.jp", None),
                                          ("outlook.jp", None), ("hotmail.co.jp", None), ("docomo.co.jp", None), ("av.com", None)])  # fmt: skip
def test_one_slip_of_the_finger_is_recognised(typed: str, meant: str | None) -> None:
    assert mail_typos.meant(f"a@{typed}") == (f"a@{meant}" if meant else None)


@pytest.mark.parametrize("address", ["", "@", "a", "a@", "@gmial.com", "a@b@gmial.com", "a@" + "x" * 5_000])
def test_whatever_is_no_address_breaks_nothing(address: str) -> None:
    assert mail_typos.meant(address) in (None, address.replace("gmial", "gmail"))
