"""What is fed with any bytes: each target says which answers are in order, and raises for every other."""

import base64
import json
import tempfile
from typing import Any, Callable
from urllib.parse import quote_plus, urlencode

from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.domain import era, folding, identifiers, nickname, phone
from idp.domain.contract import FACTS, fact_keys
from idp.features.oidc import jose
from idp.services import contractor_csv
from idp.services.contractor_csv import ContractFile, Unreadable
from idp.web import strict_form
from idp.web.strict_form import BadForm

# what is folded once is folded for good
FOLDS: tuple[Callable[[str], str | None], ...] = (
    folding.fold, folding.kana, folding.bank_kana, folding.company_kana, folding.kanji, folding.company, folding.latin,
    folding.customer_number, folding.phone, folding.code, identifiers.fold_login_id, identifiers.fold_email, nickname.fold_nickname,
)  # fmt: skip
KEYS = (ECKey.generate_key("P-256"), RSAKey.generate_key(2048), OctKey.generate_key(256))
HEADINGS = "customer_number,contract_type,kana_name,kanji_name,birth_date,phone,isp_mail"


def fold(data: bytes) -> None:
    """Names, numbers, addresses, dates as people type them."""
    text = data.decode("utf-8", "surrogateescape")
    for rule in FOLDS:
        once = rule(text)
        assert not once or rule(once) == once, (rule.__name__, once)
    for kind in FACTS:
        assert all(isinstance(key, str) for key in fact_keys(kind, text))
    phone.fold_mobile(text), era.western_year(text), era.split_date(text), nickname.nickname_verdicts(text)


def form(data: bytes) -> None:
    """Bodies and queries: refused, or the same fields when sent once more."""
    try:
        fields = strict_form.parse(data)
    except BadForm:
        return
    assert len(fields) <= strict_form.MAX_FIELDS
    if any(len(quote_plus(name)) > strict_form.MAX_NAME for name in fields):  # names are measured as they are sent
        return
    again = urlencode(fields).encode()
    assert len(again) > strict_form.MAX_BODY or strict_form.parse(again) == fields


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jwt(data: bytes) -> None:
    """Tokens that nobody signed: as they come, and as header, claims and signature cut where a zero byte stands."""
    header, _, rest = data.partition(b"\0")
    claims, _, signature = rest.partition(b"\0")
    for token in (data, b".".join((_part(header), _part(claims), _part(signature)))):
        for key in KEYS:
            try:
                jose.opened(token.decode("latin-1"), lambda *_: key, own_key=True)
            except jose.BadToken:
                continue
            raise AssertionError(f"taken: {token!r}")


def table(data: bytes) -> None:
    """Files of contracts: refused with a reason, or read to their end; with our own headings before them, and without."""
    for whole in (data, f"{HEADINGS}\r\n".encode() + data):
        with tempfile.TemporaryFile() as file:
            file.write(whole)
            try:
                shown = contractor_csv.head(file)
                assert len(shown.rows) <= 3
                rows = list(ContractFile(file).rows())
            except Unreadable as refused:
                assert refused.code and str(refused)
                continue
            assert [row.number for row in rows] == sorted({row.number for row in rows})


TARGETS: dict[str, Callable[[bytes], None]] = {"fold": fold, "form": form, "jwt": jwt, "table": table}
# pieces that make odd wholes likelier
PIECES: dict[str, list[bytes]] = {
    "fold": [text.encode() for text in "か ゛ ﾞ ゜ ｶﾞ ー － ‐ ㈱ (株) カブシキガイシャ ㍻ 平成 元年 髙 葛\U000e0100 \u200b \u202e ﬁ ſ ß İ ٣ ① 090- +81 @ .. １２ 𠮷 \u3099 ヴ ｳﾞ".split(" ")],
    "form": [b"a", b"=", b"&", b"%41", b"%", b"%zz", b"%ff", b"%00", b"+", b"a=b", b"&&", b";", "あ".encode(), b"%E3%81%82", b"\0", b"a" * 201],
    "jwt": [b'{"alg":"ES256"}', b'{"alg":"none"}', b'{"alg":"HS256"}', b'{"alg":"RS256","kid":"x"}', b"\0", b"{}", b'{"a":1,"a":2}', b"NaN", b"[" * 99, b".", b"e30", b'{"jwk":{}}', b'"crit"', b"\\u0000", b"1e999"],
    "table": [b",", b'"', b"\r\n", b"\n", b"\r", b"\t", b"1001", "individual".encode(), "アイコム タロウ".encode("cp932"), "髙橋".encode(), b"1958-04-01", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"PK\x03\x04", b"=1+1", b"\x85", b"090-1234-5678"],
}


def recipe(kind: str) -> Any:
    """A strategy of bytes for this target."""
    from hypothesis import strategies as st

    piece = st.one_of(st.sampled_from(PIECES[kind]), st.binary(max_size=8), st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")))
    whole = st.lists(piece, max_size=30).map(b"".join)
    if kind != "jwt":
        return whole
    values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
    names = st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "jku", "b64", "iss", "exp"])
    header = st.dictionaries(names, st.sampled_from(["ES256", "RS256", "HS256", "none", "at+jwt"]) | values, max_size=4)
    parts = st.tuples(header.map(lambda one: json.dumps(one).encode()), whole, st.binary(max_size=70))
    return whole | parts.map(b"\0".join)
