"""Imported hashes: known answers of every scheme, nothing cut off, nothing absurd taken."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.services import foreign_hashes
from idp.services.foreign_hashes import ForeignHashError


def ab64(hexadecimal: str) -> str:
    """Base64 as passlib writes it in PBKDF2 hashes."""
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode().rstrip("=").replace("+", ".")


RFC_6070 = "$pbkdf2$4096$c2FsdA$" + ab64("4b007901b765489abead49d926f721d065a429c1")
RFC_7914 = "$pbkdf2-sha256$1$c2FsdA$" + ab64("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
DES = "CCNf8Sbh3HDfQ"
BCRYPT = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
KNOWN = [
    # crypt_blowfish, wrapper.c, test vectors
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U", BCRYPT),
    ("U*U*U", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    # glibc 2.36 and OpenSSL 3.0 agree
    ("Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    ("Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"),
    (
        "Hello world!",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ),
    (
        "Hello world!",
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ),
    ("password", RFC_6070),
    ("password", RFC_6070.replace("$pbkdf2$", "$pbkdf2-sha1$")),
    ("passwd", RFC_7914),
    # libpass 1.9.4
    (
        "password",
        "$pbkdf2-sha512$4096$TmFDbC1OYUNsLU5hQ2wtMQ"
        "$rX043C.g9bwQ0WsWZqbIGsvWQZBkR4DWBCdoxJ9tGdkE0bNCcaBnqnl5za2CY8k42T1.DEMU8tZyPX5tOutoJQ",
    ),
    ("testing123", "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"),
    ("testing123", "{ssha256}4pC8GQJ18WZHlAebrF+2rM1noeiTxuFSHwxmvuINo/YxMjM0NTY3OA=="),
    (
        "testing123",
        "{SSHA512}71ptFMv01SfG3Wcl/YP4vaxZnSCD/UNH3kiugY7UyQUknR5/leN12vO+WIsoB3caRe22WYBR9KYtlBJclAlXtzEyMzQ1Njc4",
    ),
    # glibc 2.36
    ("U*U*U*U*", DES),
    ("U*U*U*U*", "{CRYPT}" + DES),
]


@pytest.mark.parametrize("password, stored", KNOWN, ids=[f"{number}-{row[1][:9]}" for number, row in enumerate(KNOWN)])
def test_known_answers(password: str, stored: str) -> None:
    foreign = foreign_hashes.parse(stored)
    assert foreign_hashes.digest(foreign.settings, password.encode()) == foreign.digest
    for wrong in (password + "x", password[:-1], password.swapcase(), ""):
        assert foreign_hashes.digest(foreign.settings, wrong.encode()) != foreign.digest
    assert base64.b64encode(foreign.digest).decode()[:12] not in foreign.settings
    assert foreign.digest.decode("latin-1") not in foreign.settings and ":" not in foreign.settings


@pytest.mark.parametrize(
    "stored, longest, beyond",
    [
        (DES, b"12345678", [b"123456789", "é".encode()]),
        (BCRYPT, b"a" * 72, [b"a" * 73]),
    ],
    ids=["DES crypt", "bcrypt"],
)
def test_what_the_old_scheme_would_cut_off_is_refused(stored: str, longest: bytes, beyond: list[bytes]) -> None:
    settings = foreign_hashes.parse(stored).settings
    assert foreign_hashes.digest(settings, longest)
    assert [foreign_hashes.digest(settings, password) for password in beyond] == [None] * len(beyond)


@pytest.mark.parametrize("stored", [row[1] for row in KNOWN])
def test_nul_is_refused_by_every_scheme(stored: str) -> None:
    assert foreign_hashes.digest(foreign_hashes.parse(stored).settings, b"U*U*U*\0") is None


def test_bcrypt_salts_with_meaningless_last_bits_are_understood() -> None:
    odd = BCRYPT[:28] + "/" + BCRYPT[29:]
    assert foreign_hashes.parse(odd) == foreign_hashes.parse(BCRYPT)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$1$abcdefgh$G//4keteveJp0qb8z2DxG/",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        BCRYPT[:-1],
        BCRYPT + "x",
        BCRYPT.replace("$05$", "$31$"),
        BCRYPT.replace("$05$", "$03$"),
        "$6$rounds=999999999$saltstring$" + "a" * 86,
        "$6$rounds=999$saltstring$" + "a" * 86,
        "$5$rounds=1000001$saltstring$" + "a" * 43,
        "$pbkdf2-sha256$2000001$c2FsdA$" + "a" * 43,
        "$pbkdf2-sha256$0$c2FsdA$" + "a" * 43,
        "$pbkdf2-sha256$1$c2FsdAAAA$" + "a" * 43,
        "$pbkdf2-md5$1$c2FsdA$" + "a" * 43,
        "$pbkdf2-sha512$1$c2FsdA$" + "a" * 43,
        "{SSHA}" + base64.b64encode(b"x" * 20).decode(),
        "{SSHA}" + base64.b64encode(b"x" * 100).decode(),
        "{SSHA}" + "a" * 29,
        "{SHA}" + base64.b64encode(b"x" * 20).decode(),
        "{CRYPT}{SSHA}",
        "全角のハッシュ",
        "x" * 100_000,
    ],
)
def test_what_is_not_taken_is_refused_without_repeating_it(stored: str) -> None:
    with pytest.raises(ForeignHashError) as caught:
        foreign_hashes.parse(stored)
    assert not stored or stored not in str(caught.value)


@given(st.text(max_size=60) | st.from_regex(r"\A(\$(2b|5|6|pbkdf2|pbkdf2-sha256)\$|\{SSHA\})[./0-9A-Za-z$=+]{0,100}\Z"))
def test_any_text_is_a_hash_or_a_reason(stored: str) -> None:
    try:
        foreign = foreign_hashes.parse(stored)
    except ForeignHashError:
        return
    assert foreign.settings and foreign.digest


@given(st.text(max_size=40))
def test_damaged_settings_are_a_wrong_password(damaged: str) -> None:
    for start in ("", "$2b$04$", "$5$", "$6$rounds=", "$pbkdf2-sha256$", "$pbkdf2-sha1$1$", "{SSHA}", "{SSHA9}"):
        assert isinstance(foreign_hashes.digest(start + damaged, b"x"), bytes | None)
