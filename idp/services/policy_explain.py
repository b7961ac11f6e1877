"""The whole effective policy in plain sentences, for the console and the operator's shell."""

from typing import Any

from idp import texts
from idp.domain.policy import Policy
from idp.toml_reader import UNITS


def _duration(locale: str, seconds: int) -> str:
    unit = max((u for u, length in UNITS.items() if seconds % length == 0), key=UNITS.__getitem__)
    n = seconds // UNITS[unit]
    return texts.text(locale, f"policy.unit.{unit}.{'one' if n == 1 else 'many'}").format(n=n)


def _password(policy: Policy, locale: str) -> list[tuple[str, dict[str, Any]]]:
    rule = policy.password
    blocked, long, cost = rule.blocklist, rule.alternative, rule.hash
    comma = texts.text(locale, "policy.list")
    kinds = comma.join(texts.text(locale, f"policy.kind.{kind}") for kind in rule.require)
    words = comma.join(texts.text(locale, "policy.quoted").format(word=word) for word in blocked.words)

    def switch(on: bool) -> str:
        return "on" if on else "off"

    composition = [("password.require", {"kinds": kinds})] if rule.require else []
    composition += [("password.kinds", {"kinds": rule.min_kinds})] if rule.min_kinds else []
    return [
        ("password.length" + (".exact" if rule.min == rule.max else ""), {"min": rule.min, "max": rule.max}),
        *(composition or [("password.kinds.none", {})]),
        (f"password.charset.{rule.charset}", {}),
        (f"password.alternative.{switch(long.enabled)}", {"min": long.min, "max": long.max}),
        (f"password.common.{switch(blocked.common)}", {"size": f"{blocked.common_size:,}"}),
        (f"password.personal.{switch(blocked.personal)}", {}),
        ("password.words" if blocked.words else "password.words.none", {"words": words}),
        (f"password.ask_twice.{switch(rule.ask_twice)}", {}),
        ("password.hash", {"memory": f"{cost.memory_kib:,}", "time": cost.time_cost, "lanes": cost.parallelism}),
    ]


def _limits(policy: Policy, locale: str) -> list[tuple[str, dict[str, Any]]]:
    waits, rates, sessions, tokens, keys = policy.waits, policy.rates, policy.sessions, policy.tokens, policy.keys

    def time(seconds: int) -> str:
        return _duration(locale, seconds)

    friction = {"failures": rates.failures_per_minute_before_friction, "n": rates.sign_ins_per_address_under_friction}
    device_codes = {
        "n": rates.device_codes_per_address_per_minute,
        "failures": rates.device_failures_per_minute_before_friction,
        "fewer": rates.device_codes_per_address_under_friction,
    }
    return [
        ("waits.first", {"after": waits.first_after, "wait": time(waits.first)}),
        ("waits.long", {"after": waits.long_after, "wait": time(waits.long), "longest": time(waits.longest)}),
        ("waits.warn_from", {"n": waits.warn_from}),
        ("rates.sign_ins", {"n": rates.sign_ins_per_address_per_minute}),
        ("rates.pages", {"n": rates.pages_per_address_per_minute}),
        ("rates.pages.friction", {"n": rates.pages_per_minute_before_friction}),
        ("rates.friction", friction),
        ("rates.device_codes", device_codes),
        ("rates.admin_calls", {"n": rates.admin_calls_per_client_per_minute}),
        *_codes(policy, locale),
        ("sessions.idle", {"idle": time(sessions.idle), "absolute": time(sessions.absolute)}),
        ("sessions.staff_idle", {"idle": time(sessions.staff_idle)}),
        ("sessions.page", {"n": time(sessions.page)}),
        ("tokens.code", {"n": time(tokens.code)}),
        ("tokens.pushed_request", {"n": time(tokens.pushed_request)}),
        ("tokens.device_code", {"n": time(tokens.device_code)}),
        ("tokens.access", {"n": time(tokens.access)}),
        ("tokens.id", {"n": time(tokens.id)}),
        ("tokens.refresh", {"idle": time(tokens.refresh_idle), "n": time(tokens.refresh)}),
        ("keys.period", {"n": time(keys.period)}),
        ("keys.publish", {"before": time(keys.publish_before), "after": time(keys.publish_after)}),
        ("letters.valid", {"n": time(policy.letters.valid)}),
        *_contracts(policy, locale),
    ]


def _contracts(policy: Policy, locale: str) -> list[tuple[str, dict[str, Any]]]:
    checks, joining, recovery = policy.contract_checks, policy.registration, policy.recovery

    def time(seconds: int) -> str:
        return _duration(locale, seconds)

    def facts(names: tuple[str, ...]) -> str:
        either = texts.text(locale, "policy.or")
        said = (either.join(texts.text(locale, f"policy.fact.{one}") for one in name.split("|")) for name in names)
        return texts.text(locale, "policy.list").join(said)

    friction = {"failures": checks.failures_per_hour_before_friction, "n": checks.per_address_under_friction}
    return [
        ("contract_checks.contract", {"n": checks.per_contract_per_day}),
        ("contract_checks.address", {"n": checks.per_address_per_hour}),
        ("contract_checks.friction", friction),
        (f"registration.mode.{joining.mode}", {}),
        ("registration.proof", {"facts": facts(joining.proof)}),
        ("registration.times", {"verified": time(joining.verified), "valid": time(joining.valid)}),
        ("registration.tries", {"password": joining.password_tries, "ids": joining.id_checks}),
        ("registration.sends", {"resend": time(joining.resend), "n": joining.sends}),
        ("recovery.username." + ("on" if recovery.username else "off"), {}),
        ("recovery.individual", {"facts": facts(recovery.individual)}),
        ("recovery.corporate", {"facts": facts(recovery.corporate)}),
        ("recovery.by_login_id." + ("on" if recovery.by_login_id else "off"), {}),
        ("recovery.mail", {"n": time(recovery.mail)}),
        (f"recovery.sms.{recovery.sms_reset}", {"n": time(recovery.sms)}),
        ("recovery.code_tries", {"n": recovery.code_tries}),
        ("recovery.hold", {"n": time(recovery.hold)}),
        ("closing.undo", {"n": time(policy.closing.undo)}),
        ("closing.after_contract", {"n": time(policy.closing.after_contract)}),
        ("alarm", {"freeze": time(policy.alarm.freeze), "undo": time(policy.alarm.undo), "n": policy.alarm.tries_per_address_per_hour}),
    ]


def _codes(policy: Policy, locale: str) -> list[tuple[str, dict[str, Any]]]:
    factor, codes, waits = policy.second_factor, policy.codes, policy.code_waits

    def time(seconds: int) -> str:
        return _duration(locale, seconds)

    hourly = {"destination": codes.per_destination_per_hour, "account": codes.per_account_per_hour}
    countries = texts.text(locale, "policy.list").join(codes.sms_countries)
    return [
        (f"second_factor.mode.{factor.mode}", {}),
        ("second_factor.offer", {"n": time(factor.offer_every)}),
        ("second_factor.remember", {"time": time(factor.remember), "n": factor.remember_most}),
        ("second_factor.step_up", {"n": time(factor.step_up)}),
        (f"second_factor.passkeys.{factor.passkeys}", {"n": factor.passkeys_most}),
        ("codes.life", {"sms": time(codes.sms), "mail": time(codes.mail)}),
        ("codes.resend", {"n": time(codes.resend)}),
        ("codes.sends", {**hourly, "day": codes.per_account_per_day, "address": codes.per_address_per_hour}),
        ("codes.purse", {"yen": f"{codes.sms_yen_per_day:,}"}),
        ("codes.countries", {"countries": countries, "n": f"{codes.sms_per_country_per_day:,}"}),
        ("code_waits.first", {"after": waits.first_after, "wait": time(waits.first)}),
        ("code_waits.long", {"after": waits.long_after, "wait": time(waits.long), "longest": time(waits.longest)}),
    ]


def explain(policy: Policy, locale: str) -> list[str]:
    """Every number and switch of the policy, one sentence each, in `locale` ("ja" or "en")."""
    ids = policy.login_id
    rows: list[tuple[str, dict[str, Any]]] = [
        ("version", {"version": policy.version}),
        ("example", {"n": len(policy.example)}),
        ("login_id.length", {"min": ids.min, "max": ids.max}),
        ("login_id.symbols" if ids.symbols else "login_id.symbols.none", {"symbols": " ".join(ids.symbols)}),
        ("login_id.change_every", {"n": _duration(locale, ids.change_every)}),
        *_password(policy, locale),
        *_limits(policy, locale),
    ]
    return [texts.text(locale, "policy.explain." + key).format(**values) for key, values in rows]
