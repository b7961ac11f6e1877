"""The operator's policy as values: every number and switch that a policy file may set, in one file because they are read as one list."""

from dataclasses import dataclass, field
from typing import Literal, NewType

Seconds = NewType("Seconds", int)  # written in TOML as "60s", "10m", "12h" or "90d"

Kind = Literal["upper", "lower", "digit", "symbol"]


@dataclass(frozen=True)
class LoginIdRule:
    """New login IDs: length in characters and the symbols allowed beside a-z and 0-9 (portals A-10). A member can change
    theirs once in `change_every`."""

    min: int = 5
    max: int = 30
    symbols: str = "._-"
    change_every: Seconds = Seconds(30 * 86_400)


@dataclass(frozen=True)
class PassphraseRule:
    """The other way to satisfy the password rule: length only."""

    enabled: bool = False
    min: int = 15
    max: int = 128


@dataclass(frozen=True)
class Blocklist:
    """Passwords refused whatever the rule: the `common_size` most common ones, words of the person, and the
    operator's own words."""

    common: bool = True
    common_size: int = 30_000
    personal: bool = True
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Argon2Cost:
    """Argon2id parameters for new hashes; weaker stored ones are re-hashed at sign-in."""

    memory_kib: int = 19_456
    time_cost: int = 2
    parallelism: int = 1


@dataclass(frozen=True)
class PasswordRule:
    """What a new password must be: length in code points, kinds of characters, character set. `min_kinds` counts
    upper, lower and digit (portals A-12)."""

    min: int = 8
    max: int = 128
    require: tuple[Kind, ...] = ()
    min_kinds: int = 0
    charset: Literal["alphanumeric", "ascii", "any"] = "ascii"
    ask_twice: bool = False
    alternative: PassphraseRule = field(default_factory=PassphraseRule)
    blocklist: Blocklist = field(default_factory=Blocklist)
    hash: Argon2Cost = field(default_factory=Argon2Cost)


@dataclass(frozen=True)
class Backoff:
    """Waits after failures in a row of one account, known or not: `first` after `first_after` failures, `long` after
    `long_after`, doubling with each further failure up to `longest`. The defaults are those for wrong codes."""

    first_after: int = 5
    first: Seconds = Seconds(900)
    long_after: int = 10
    long: Seconds = Seconds(1_800)
    longest: Seconds = Seconds(86_400)


@dataclass(frozen=True)
class Waits(Backoff):
    """Waits after wrong passwords; from `warn_from` tries left the page says how many."""

    first: Seconds = Seconds(60)
    warn_from: int = 3


@dataclass(frozen=True)
class Rates:
    """Limits per network address (IPv6 by /64), for each client of the admin API, and for the whole service."""

    sign_ins_per_address_per_minute: int = 30
    pages_per_address_per_minute: int = 120
    pages_per_minute_before_friction: int = 3000
    failures_per_minute_before_friction: int = 300
    sign_ins_per_address_under_friction: int = 5
    device_codes_per_address_per_minute: int = 10
    device_failures_per_minute_before_friction: int = 100
    device_codes_per_address_under_friction: int = 2
    admin_calls_per_client_per_minute: int = 600


@dataclass(frozen=True)
class SecondFactor:
    """Codes beside the password. `mode` required: everybody; recommended: offered every `offer_every`; optional: whoever
    switches it on; off: nobody but staff. A browser is remembered for `remember`, `remember_most` of them per account;
    what is a key needs a proof no older than `step_up`. `passkeys` offered: also every `offer_every`, after a password;
    allowed: whoever makes one; off: nobody. `passkeys_most` per account."""

    mode: Literal["off", "optional", "recommended", "required"] = "optional"
    remember: Seconds = Seconds(90 * 86_400)
    remember_most: int = 10
    offer_every: Seconds = Seconds(30 * 86_400)
    step_up: Seconds = Seconds(300)
    passkeys: Literal["off", "allowed", "offered"] = "offered"
    passkeys_most: int = 10


@dataclass(frozen=True)
class Codes:
    """One-time codes: how long they live by channel, from when one may be sent again, and how many may be sent. Text
    messages may cost `sms_yen_per_day` in all, and go only to `sms_countries` (ISO 3166-1 codes)."""

    sms: Seconds = Seconds(600)
    mail: Seconds = Seconds(900)
    resend: Seconds = Seconds(60)
    per_destination_per_hour: int = 5
    per_account_per_hour: int = 5
    per_account_per_day: int = 10
    per_address_per_hour: int = 60
    sms_yen_per_day: int = 100_000
    sms_per_country_per_day: int = 20_000
    sms_countries: tuple[str, ...] = ("JP",)


@dataclass(frozen=True)
class Sessions:
    """Single sign-on sessions: idle and absolute limits, shorter idle limit for staff."""

    idle: Seconds = Seconds(3_600)
    absolute: Seconds = Seconds(43_200)
    staff_idle: Seconds = Seconds(1_800)
    page: Seconds = Seconds(3_600)


@dataclass(frozen=True)
class Tokens:
    """Lifetimes of what portals receive; a refresh token ends `refresh_idle` after its last use, or `refresh` after the sign-in."""

    code: Seconds = Seconds(60)
    pushed_request: Seconds = Seconds(60)
    device_code: Seconds = Seconds(600)
    access: Seconds = Seconds(600)
    id: Seconds = Seconds(600)
    refresh_idle: Seconds = Seconds(14 * 86_400)
    refresh: Seconds = Seconds(30 * 86_400)


@dataclass(frozen=True)
class Keys:
    """Signing keys: how long one signs, and how long it is published before and after."""

    period: Seconds = Seconds(90 * 86_400)
    publish_before: Seconds = Seconds(86_400)
    publish_after: Seconds = Seconds(86_400)


@dataclass(frozen=True)
class Letters:
    """Initial passwords printed on the registration letter."""

    valid: Seconds = Seconds(90 * 86_400)


@dataclass(frozen=True)
class ContractChecks:
    """Limits of guessing at contracts: wrong facts per contract and day (whatever fact the contract is found by), checks
    per network address and hour, and how many failures of the whole service in an hour leave each address fewer."""

    per_contract_per_day: int = 5
    per_address_per_hour: int = 20
    failures_per_hour_before_friction: int = 1_000
    per_address_under_friction: int = 3


@dataclass(frozen=True)
class Registration:
    """Members who register themselves. `proof`: the facts that prove a contract, each a name of `domain.contract.FACTS`,
    or several with "|" between of which one is enough. `verified`: how long the details may take after the proof;
    `valid`: how long the link of the mail is good; `resend` and `sends`: how soon and how often that mail goes again."""

    mode: Literal["off", "self"] = "self"
    proof: tuple[str, ...] = ("customer_number", "phone", "kana_name")
    verified: Seconds = Seconds(3_600)
    valid: Seconds = Seconds(86_400)
    password_tries: int = 5
    id_checks: int = 20
    resend: Seconds = Seconds(60)
    sends: int = 5


@dataclass(frozen=True)
class Recovery:
    """Finding a forgotten login ID and resetting a password. `individual` and `corporate`: the facts that prove a contract,
    as for `Registration`; `by_login_id`: the ID alone is enough to have a reset sent. `mail`: how long a link by mail is
    good; `sms`: how long a code or link by SMS; `sms_reset`: which of them; `code_tries`: wrong codes of one request.
    `hold`: after a reset that nothing but the usual destination stood behind, codes to it are no second factor for so long.
    """

    username: bool = True
    individual: tuple[str, ...] = ("kanji_name", "birth_date", "isp_mail|customer_number")
    corporate: tuple[str, ...] = ("corporate_name", "isp_mail|customer_number")
    by_login_id: bool = True
    mail: Seconds = Seconds(3_600)
    sms: Seconds = Seconds(600)
    sms_reset: Literal["code", "link", "both"] = "code"
    code_tries: int = 5
    hold: Seconds = Seconds(86_400)


@dataclass(frozen=True)
class Closing:
    """The end of an account. `undo`: how long the desk can give it back before it is erased; `after_contract`: how long
    signing in goes on when the contract has ended."""

    undo: Seconds = Seconds(14 * 86_400)
    after_contract: Seconds = Seconds(90 * 86_400)


@dataclass(frozen=True)
class Alarm:
    """A member says that something was not them. `freeze`: nothing that is a key can be changed for so long; `undo`: how
    long the old destination can take back a change of destinations, with so many tries per network address and hour."""

    freeze: Seconds = Seconds(86_400)
    undo: Seconds = Seconds(3 * 86_400)
    tries_per_address_per_hour: int = 20


@dataclass(frozen=True)
class Example:
    """One row that proves the policy: an input and the verdict codes it must get (none: accepted)."""

    rule: Literal["login_id", "password"]
    input: str
    verdicts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A whole policy file; `version` stands in audit records."""

    version: str
    login_id: LoginIdRule = field(default_factory=LoginIdRule)
    password: PasswordRule = field(default_factory=PasswordRule)
    waits: Waits = field(default_factory=Waits)
    second_factor: SecondFactor = field(default_factory=SecondFactor)
    codes: Codes = field(default_factory=Codes)
    code_waits: Backoff = field(default_factory=Backoff)
    rates: Rates = field(default_factory=Rates)
    sessions: Sessions = field(default_factory=Sessions)
    tokens: Tokens = field(default_factory=Tokens)
    keys: Keys = field(default_factory=Keys)
    letters: Letters = field(default_factory=Letters)
    contract_checks: ContractChecks = field(default_factory=ContractChecks)
    registration: Registration = field(default_factory=Registration)
    recovery: Recovery = field(default_factory=Recovery)
    closing: Closing = field(default_factory=Closing)
    alarm: Alarm = field(default_factory=Alarm)
    example: tuple[Example, ...] = ()
