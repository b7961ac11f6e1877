"""What every plug of `idp.ports.Contractors` must do, over one small set of contracts that each plug is filled with."""

from dataclasses import replace
from typing import Callable

from idp.ports import ContractMatch, Contractors, Unavailable

HEADINGS = ("customer_number", "type", "phone", "kana_name", "kanji_name", "birth_date", "isp_mail")
LIVE = (
    ("0001234567", "individual", "0748-66-0739", "ﾔﾏﾀﾞ ｼﾕﾝｽｹ", "山﨑 俊介", "1958-04-01", "shun@example.jp"),
    # the same household and phone
    ("0001234568", "individual", "0748-66-0739", "ﾔﾏﾀﾞ ﾊﾅｺ", "山﨑 花子", "1960-05-02", "hanako@example.jp"),
    # one person with two contracts
    ("0002000001", "individual", "090-1234-5678", "ﾜﾀﾅﾍﾞ ｲﾁﾛｳ", "渡邉 一郎", "1971-01-01", "one@example.jp"),
    ("0002000002", "individual", "090-1234-5678", "ﾜﾀﾅﾍﾞ ｲﾁﾛｳ", "渡邉 一郎", "1971-01-01", "two@example.jp"),
    ("0007654321", "corporate", "0748-66-5678", "ｶ)ｺｳｶﾃﾞﾝｷ", "㈱甲賀電機", "", "denki@example.jp"),
    # a person called like the company
    ("0007654322", "individual", "0748-66-5679", "ｺｳｶﾃﾞﾝｷ", "甲賀電機", "1980-01-01", "person@example.jp"),
)
ENDED = (("0009999999", "individual", "0748-66-9999", "ｽｽﾞｷ ﾀﾛｳ", "鈴木 太郎", "1999-09-09", "gone@example.jp"),)

SHUN = {"customer_number": "1234567", "phone": "0748660739", "kana_name": "やまだ　しゅんすけ"}
SHUN_TOO = {"kanji_name": "山崎俊介", "birth_date": "昭和33-4-1", "isp_mail": "SHUN@example.jp"}


def _is(match: ContractMatch | None, contract_type: str) -> ContractMatch:
    assert match is not None
    assert match.contract_type == contract_type and match.contract_key
    return match


def registration_facts_match(plug: Contractors) -> None:
    """The three facts of portals A-05 to A-07."""
    assert _is(plug.match(SHUN), "individual").contractor_id == "1234567"


def recovery_facts_match(plug: Contractors) -> None:
    """The facts of portals P-23a to P-25, without the customer number."""
    assert _is(plug.match(SHUN_TOO), "individual").contractor_id


def one_contract_has_one_key(plug: Contractors) -> None:
    keys = {_is(plug.match(facts), "individual").contract_key for facts in (SHUN, SHUN_TOO, {"isp_mail": "shun@example.jp"})}
    assert len(keys) == 1
    other = plug.match({"customer_number": "1234568"})
    assert _is(other, "individual").contract_key not in keys


def typing_does_not_matter(plug: Contractors) -> None:
    for facts in (
        {"customer_number": "００-0123 4567", "phone": "+81 748-66-0739", "kana_name": "ﾔﾏﾀﾞｼｭﾝｽｹ"},
        {"customer_number": "1234567", "phone": "(0748)66-0739", "kana_name": "ヤマダ・シユンスケ"},
        {"customer_number": "1234567", "kanji_name": "山崎\U000e0100　俊介"},
        {"customer_number": "1234567", "kanji_name": "やまだしゅんすけ"},
    ):
        assert _is(plug.match(facts), "individual").contractor_id == "1234567"


def every_single_fact_counts(plug: Contractors) -> None:
    wrong = {
        "customer_number": "1234568",
        "phone": "0748660738",
        "kana_name": "ヤマダ ハナコ",
        "kanji_name": "山崎花子",
        "birth_date": "1958-04-02",
        "isp_mail": "hanako@example.jp",
    }
    all_facts = SHUN | SHUN_TOO
    _is(plug.match(all_facts), "individual")
    for kind, value in wrong.items():
        assert plug.match(all_facts | {kind: value}) is None, kind
        assert plug.match({kind: value} | {k: v for k, v in all_facts.items() if k != kind}) is None, kind


def facts_of_two_contracts_match_neither(plug: Contractors) -> None:
    assert plug.match({"phone": "0748660739", "kana_name": "ヤマダ シュンスケ", "isp_mail": "hanako@example.jp"}) is None


def two_contracts_are_not_one(plug: Contractors) -> None:
    person = {"kanji_name": "渡辺一郎", "phone": "09012345678", "birth_date": "1971-01-01"}
    assert plug.match(person) is None
    assert _is(plug.match(person | {"isp_mail": "two@example.jp"}), "individual")


def ended_contracts_match_nothing(plug: Contractors) -> None:
    assert plug.match({"customer_number": "9999999"}) is None
    assert plug.match({"kanji_name": "鈴木太郎", "birth_date": "1999-09-09", "isp_mail": "gone@example.jp"}) is None


def companies_match_as_companies(plug: Contractors) -> None:
    for name in ("株式会社甲賀電機", "甲賀電機（株）", "こうかでんき"):
        assert _is(plug.match({"corporate_name": name, "phone": "0748665678"}), "corporate")
    assert _is(plug.match({"customer_number": "7654321", "kana_name": "カブシキガイシャ コウカデンキ"}), "corporate")
    assert plug.match({"kanji_name": "甲賀電機", "phone": "0748665678"}) is None
    assert plug.match({"corporate_name": "甲賀電機", "phone": "0748665679"}) is None
    assert plug.match({"customer_number": "7654321", "birth_date": "1980-01-01"}) is None


def nothing_matches_nothing(plug: Contractors) -> None:
    assert plug.match({}) is None
    for kind in ("customer_number", "phone", "kana_name", "isp_mail"):
        for blank in ("", " \u3000", "\u200b", "あ" * 400, "\ud800", "\0", "' OR 1=1 --", "%"):
            assert plug.match({kind: blank}) is None
            assert plug.match(SHUN | {kind: blank}) is None, (kind, blank)


def a_fact_that_is_missing_is_not_asked(plug: Contractors) -> None:
    """A company without a birth date or an address has none that could match."""
    assert plug.match({"customer_number": "7654321", "isp_mail": "other@example.jp"}) is None


def unknown_facts_are_a_mistake(plug: Contractors) -> None:
    try:
        plug.match(SHUN | {"shoe_size": "24"})
    except KeyError:
        return
    raise AssertionError("a fact that nobody checks was let through")


def it_answers_a_ping(plug: Contractors) -> None:
    plug.ping()


def unavailable(plug: Contractors) -> None:
    """For a plug whose outside part is gone: an exception, never a guess."""
    for ask in (lambda: plug.match(SHUN), plug.ping):
        try:
            ask()
        except Unavailable:
            continue
        raise AssertionError("answered although nobody was there to ask")


SUITE: tuple[Callable[[Contractors], None], ...] = (
    registration_facts_match,
    recovery_facts_match,
    one_contract_has_one_key,
    typing_does_not_matter,
    every_single_fact_counts,
    facts_of_two_contracts_match_neither,
    two_contracts_are_not_one,
    ended_contracts_match_nothing,
    companies_match_as_companies,
    nothing_matches_nothing,
    a_fact_that_is_missing_is_not_asked,
    unknown_facts_are_a_mistake,
    it_answers_a_ping,
)


class _Around:
    """A good plug with something wrong around it."""

    def __init__(self, good: Contractors):
        self.good = good

    def match(self, facts):
        return self.good.match(facts)

    def ping(self):
        self.good.ping()


class IgnoresOneFact(_Around):
    def match(self, facts):
        return self.good.match({k: v for k, v in facts.items() if k != "phone" or len(facts) == 1})


class TakesAnyFact(_Around):
    def match(self, facts):
        return next((found for kind, typed in facts.items() if (found := self.good.match({kind: typed}))), None)


class SkipsWhatItCannotRead(_Around):
    def match(self, facts):
        return self.good.match({k: v for k, v in facts.items() if v.strip() and len(v) < 300})


class IgnoresTheName(_Around):
    def match(self, facts):
        return self.good.match({k: v for k, v in facts.items() if not k.endswith("_name") or len(facts) == 1})


class MixesPersonsAndCompanies(_Around):
    def match(self, facts):
        renamed = {"kanji_name": "kana_name", "corporate_name": "kana_name"}
        return self.good.match({renamed.get(kind, kind): typed for kind, typed in facts.items()})


class GuessesOneOfTwo(_Around):
    def match(self, facts):
        return self.good.match(facts) or (self.good.match(facts | {"isp_mail": "one@example.jp"}) if "isp_mail" not in facts else None)


class NeverMatches(_Around):
    def match(self, facts):
        self.good.match(facts)


class MatchesEverything(_Around):
    def match(self, facts):
        return self.good.match(facts) or self.good.match(SHUN)


class SaysTheWrongType(_Around):
    def match(self, facts):
        found = self.good.match(facts)
        return found and replace(found, contract_type="corporate" if found.contract_type == "individual" else "individual")


class KeyByFacts(_Around):
    def match(self, facts):
        found = self.good.match(facts)
        return found and replace(found, contract_key=",".join(sorted(facts)))


class TakesUnknownFacts(_Around):
    def match(self, facts):
        return self.good.match({k: v for k, v in facts.items() if k != "shoe_size"})


class NoPing(_Around):
    def ping(self):
        raise Unavailable("contract records")


BROKEN = (
    IgnoresOneFact,
    TakesAnyFact,
    SkipsWhatItCannotRead,
    IgnoresTheName,
    MixesPersonsAndCompanies,
    GuessesOneOfTwo,
    NeverMatches,
    MatchesEverything,
    SaysTheWrongType,
    KeyByFacts,
    TakesUnknownFacts,
    NoPing,
)
