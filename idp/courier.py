"""The postman process: takes letters from the outbox, puts them into words, sends them, works on requests that no page waits
for, and keeps the house tidy."""

import threading
from typing import Callable

import structlog

from idp import vault
from idp.adapters.fetch import SafeFetcher
from idp.adapters.mail_folder import FolderMail
from idp.adapters.mail_smtp import SmtpMail
from idp.adapters.sms_fallback import FallbackSms
from idp.adapters.sms_folder import FolderSms
from idp.adapters.sms_http import HttpSms
from idp.config import Settings
from idp.deps import Deps
from idp.domain import logout_token
from idp.domain.letter import PARK_AFTER_AWAY, PARK_AFTER_FAULT, Channel, Letter, wait_after
from idp.features.console_letters import answering as console_letters
from idp.features.oidc import logout_tokens, security_events
from idp.features.recovery import answering as recovery
from idp.features.recovery.flow import REQUEST as RECOVERY
from idp.ports import Fetcher, Mail, NotFetched, Sent, Sms, Unavailable
from idp.services import (
    audit_chain, audit_purge, audit_thinning, audit_verify, closing, console_client, contract_work, keyring, letters, mailboxes,
    print_batches, rollups, switches,
)  # fmt: skip
from idp.services.client_register import ClientRegister
from idp.services.subjects import Subjects
from idp.sms_settings import RECEIPT_PATHS
from idp.tables import housekeeping, outbox
from idp.toml_reader import TomlError

log = structlog.get_logger("idp.courier")

LOOK_EVERY = 0.5  # seconds between two looks into an empty outbox
LEASE_SECONDS = 180  # longer than the slowest sending may take
BEAT_EVERY = 10.0
SWEEP_EVERY = 300.0
SWEEP_ROWS, SWEEP_ROUNDS = 500, 20
LONGEST_PAUSE = 30.0
STOP_SECONDS = 25.0

Send = Callable[[Letter, str, str], Sent]

# who answers the requests that no page waits for, by their names
ANSWERS: dict[str, Callable[[Deps, Letter], Sent]] = {RECOVERY: recovery.answer, print_batches.REQUEST: console_letters.answer}


def open_mail(settings: Settings) -> Mail:
    """The mail plug of `[mail] url`: folder:DIR, smtp://… or smtps://…. Raises `TomlError`."""
    url, sender = settings.mail.url, settings.mail.sender
    try:
        if url.startswith("folder:"):
            return FolderMail(url.removeprefix("folder:"), sender)
        return SmtpMail(url, sender)
    except ValueError as error:
        raise TomlError([f"mail.url: {error}."]) from None


def open_gateways(settings: Settings) -> dict[str, Sms]:
    """The SMS plugs by the names that the outbox keeps, in the order in which they are tried: one named "" for folder:DIR,
    else one or two gateways. Raises `TomlError`."""
    if not (described := settings.sms.gateways()):
        return {"": FolderSms(settings.sms.url.removeprefix("folder:"))}
    found: dict[str, Sms] = {}
    for name, (url, gateway) in described.items():
        try:
            found[name] = HttpSms(url, gateway, name=name, receipt_url=settings.issuer + RECEIPT_PATHS[name])
        except ValueError as error:
            raise TomlError([f"sms.{name}: {error}."]) from None
    return found


def open_sms(settings: Settings, second_first: Callable[[], bool] = lambda: False) -> Sms:
    """The SMS plug of `[sms] url`: folder:DIR, or the https:// address of a gateway, with `[sms.fallback]` behind it if that
    is described, or before it while `second_first()`. Raises `TomlError`."""
    first, *second = open_gateways(settings).values()
    return FallbackSms(first, *second, second_first) if second else first


def by_mail(mail: Mail) -> Send:
    """How the rounds send a letter by mail."""
    return lambda letter, subject, body: mail.send(letter.recipient, subject, body, letter.key)


def by_sms(sms: Sms) -> Send:
    """How the rounds send a letter by SMS."""
    return lambda letter, _, body: sms.send(letter.recipient, body, letter.expires_at, letter.key)


def by_house(deps: Deps) -> Send:
    """How the rounds work on a request: the room that asked for it knows how."""
    return lambda letter, *_: ANSWERS[letter.template](deps, letter)


def by_event(deps: Deps, fetcher: Fetcher) -> Send:
    """How the rounds tell a portal of an event, or of a session that has ended."""
    found = security_events.Deliveries(deps, keyring.Keyring(deps), ClientRegister(deps), Subjects(deps), fetcher)
    tell = {logout_token.NAME: logout_tokens.deliver}
    return lambda letter, *_: tell.get(letter.template, security_events.deliver)(found, letter)


def run(deps: Deps, mail: Mail, sms: Sms, stop: threading.Event) -> None:
    """Work until `stop` is set, then finish what is in hand. Several couriers may run at once.

    Each channel has a thread of its own, so that a slow mail server does not hold up codes by SMS, nor a portal either.
    """
    sends: dict[Channel, Send] = {"mail": by_mail(mail), "sms": by_sms(sms), "request": by_house(deps)}
    own = console_client.addresses(deps.settings.issuer)  # the console hears of sessions that end like any portal
    sends["event"] = by_event(deps, SafeFetcher(loopback=not deps.settings.secure, own=own))
    rounds = [
        threading.Thread(target=_make_rounds, args=(deps, channel, send, stop), name=f"courier-{channel}", daemon=True)
        for channel, send in sends.items()
    ]
    rounds.append(threading.Thread(target=contract_work.rounds, args=(deps, stop), name="courier-imports", daemon=True))
    for thread in rounds:
        thread.start()
    log.info("courier started")
    _keep_house(deps, stop)
    for thread in rounds:
        thread.join(STOP_SECONDS)
    log.info("courier stopped")


def _make_rounds(deps: Deps, channel: Channel, send: Send, stop: threading.Event) -> None:
    pause = LOOK_EVERY
    while not stop.is_set():
        try:
            while not stop.is_set() and deliver_next(deps, channel, send, stop):
                pass
            pause = LOOK_EVERY
        except Exception as error:  # whatever it is, tomorrow's letters must still go
            pause = min(pause * 2, LONGEST_PAUSE)
            _complain("the outbox cannot be read", error, channel=channel, again_in=pause)
        stop.wait(pause)


def deliver_next(deps: Deps, channel: Channel, send: Send, stop: threading.Event) -> bool:
    """Claim one due letter, try to send it and mark what came of it; false if none is due, or the channel is paused. Raises `Unavailable`."""
    lease, now = vault.random_id(), deps.now()
    with deps.database.read() as connection:
        if not outbox.waits(connection, now, channel) or switches.paused(connection, channel):
            return False
    with deps.database.write() as connection:
        claimed = outbox.claim(connection, lease, now, LEASE_SECONDS, 1, channel)
    for letter in claimed:
        outcome, sent = _try(deps, letter, send)
        _mark(deps, letter, lease, outcome, sent, stop)
    return bool(claimed)


def _try(deps: Deps, letter: Letter, send: Send) -> tuple[str, Sent]:
    """What to write into the row: an outcome or "again", and what the far side said."""
    if letter.expires_at <= deps.now():
        return "expired", Sent("failed")
    if letter.attempts > PARK_AFTER_AWAY:  # its couriers die before they can mark it
        return "parked", Sent("failed", reason="too many attempts")
    try:
        subject, body = ("", "") if letter.channel in ("request", "event") else letters.render(deps, letter)
        sent = send(letter, subject, body)
        letters.channel_works(deps, letter.channel, True)
        return sent.outcome, sent
    except NotFetched as error:
        return "parked", Sent("parked", reason=str(error))
    except letters.Unfit as error:  # the reason first: the text and the code stay out of log and table
        log.error("a text does not fit into one SMS", letter=letter.key, template=letter.template)
        return "rejected", Sent("rejected", reason=str(error))
    except Unavailable as error:
        letters.channel_works(deps, letter.channel, False)
        again = "again" if letter.attempts < PARK_AFTER_AWAY else "parked"
        return again, Sent("failed", reason=str(error))
    except Exception as error:
        log.error("a letter breaks its courier", letter=letter.key, template=letter.template, exc_info=error)
        again = "again" if letter.attempts < PARK_AFTER_FAULT else "parked"
        return again, Sent("failed", reason=type(error).__name__)


def _mark(deps: Deps, letter: Letter, lease: str, outcome: str, sent: Sent, stop: threading.Event) -> None:
    """Write the outcome, waiting for a database that is away: an unmarked letter would be sent again."""
    pause = LOOK_EVERY
    while True:
        now = deps.now()
        try:
            with deps.database.write() as connection:
                if outcome == "again":
                    ours = outbox.retry(connection, letter.id, lease, now + wait_after(letter.attempts), sent.reason)
                else:
                    said = (sent.provider_id, sent.reason, sent.gateway)
                    ours = outbox.finish(connection, letter.id, lease, outcome, now, *said)
            break
        except Unavailable:
            if stop.is_set():
                raise
            log.warning("database away, a letter waits to be marked", letter=letter.key, outcome=outcome, again_in=pause)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
    say = log.info if outcome in ("accepted", "delivered") else log.warning
    say("letter", letter=letter.key, channel=letter.channel, template=letter.template, outcome=outcome, attempts=letter.attempts)
    if not ours:
        log.warning("the lease ran out before the letter was marked", letter=letter.key)


def _keep_house(deps: Deps, stop: threading.Event) -> None:
    next_sweep = 0.0
    while not stop.is_set():
        chores: list[Callable[[], object]] = [lambda: letters.beat(deps), lambda: switches.hold(deps), lambda: _abandon(deps)]
        chores += [lambda: audit_chain.seal(deps, stop), lambda: rollups.roll(deps, stop)]
        if deps.clock() >= next_sweep:
            chores += [lambda: sweep(deps, stop), lambda: rotate_keys(deps)]
            chores += [lambda: mailboxes.keep_house(deps, stop), lambda: closing.keep_house(deps, stop)]
            chores += [lambda: contract_work.keep_house(deps, stop), lambda: audit_verify.keep_house(deps, stop)]
            chores += [lambda: audit_thinning.keep_house(deps, stop), lambda: audit_purge.keep_house(deps, stop)]
            next_sweep = deps.clock() + SWEEP_EVERY
        for chore in chores:  # one that fails leaves the others to be done
            try:
                chore()
            except Exception as error:
                _complain("housekeeping failed", error)
        stop.wait(BEAT_EVERY)


def _abandon(deps: Deps) -> None:
    with deps.database.write() as connection:
        given_up = outbox.abandon_expired(connection, deps.now())
    if given_up:
        log.warning("letters expired before they could be sent", count=given_up)


def sweep(deps: Deps, stop: threading.Event) -> None:
    """Delete rows that have served their time, in small transactions. Raises `Unavailable`."""
    for _ in range(SWEEP_ROUNDS):
        with deps.database.write() as connection:
            deleted = housekeeping.sweep(connection, deps.now(), SWEEP_ROWS)
        if deleted < SWEEP_ROWS or stop.is_set():
            return


def rotate_keys(deps: Deps) -> None:
    """Make the signing keys that the policy's schedule asks for, and remove those that nobody needs any more."""
    for key in keyring.ensure(deps):
        log.info("signing key made", kid=key.kid, alg=key.alg, signs_from=key.active_from)


def _complain(event: str, error: Exception, **facts: object) -> None:
    if isinstance(error, Unavailable):
        log.warning(event, reason=f"{error} does not answer", **facts)
    else:
        log.error(event, exc_info=error, **facts)
