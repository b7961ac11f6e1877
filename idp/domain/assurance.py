"""How strongly a member has proven themselves: `acr` and `amr`, never more than what was done (decisions.md).

Inside the house a proof is a list of methods: `pwd`, `sms` and `email` (a code sent there and typed back), `totp` (an
authenticator app), `recovery` (one of the printed codes), `passkey` (with the user verified by the device; it needs no
password beside it). A remembered browser is none of them.
"""

from typing import Iterable, Sequence

ACR_PASSWORD = "urn:x-idp:acr:1"
ACR_PASSWORD_AGAIN = "urn:x-idp:acr:1r"
ACR_CODE = "urn:x-idp:acr:2"
ACR_STRONG = "urn:x-idp:acr:3"
ACR_SUPPORTED = (ACR_PASSWORD, ACR_PASSWORD_AGAIN, ACR_CODE, ACR_STRONG)

SENT = frozenset({"sms", "email"})
PASSKEY = "passkey"
SECOND = SENT | {"totp", "recovery", PASSKEY}
STRONG = frozenset({"totp", PASSKEY})
WHOLE = frozenset({"pwd", PASSKEY})  # what a sign-in can begin with
# what a method is called in tokens (RFC 8176; "email" is our own value)
_AMR = {"pwd": ("pwd",), "sms": ("otp", "sms"), "email": ("otp", "email"), "totp": ("otp",), "recovery": ("otp",)}
_AMR |= {PASSKEY: ("hwk", "user")}


def amr(methods: Sequence[str]) -> tuple[str, ...]:
    """The `amr` claim: every method once, in the order of use."""
    return tuple(dict.fromkeys(value for method in methods for value in _AMR[method]))


def satisfied(methods: Sequence[str], entered_here: bool, held: bool = False) -> tuple[str, ...]:
    """Every level that these methods reach, the weakest first; `entered_here`: the password was typed, or the
    passkey given, for this very request; `held`: the password was just reset by nothing but a destination, so codes to it prove nothing beside it."""
    done = frozenset(methods) - (SENT if held else frozenset())
    if not done & WHOLE:
        return ()
    return (
        ACR_PASSWORD,
        *((ACR_PASSWORD_AGAIN,) if entered_here else ()),
        *((ACR_CODE,) if done & SECOND else ()),
        *((ACR_STRONG,) if done & STRONG else ()),
    )


def methods_for(levels: Iterable[str], held: bool = False) -> frozenset[str]:
    """The second methods of which one is enough for one of these levels; none if a password alone reaches one. `held` as
    for `satisfied`."""
    asked = frozenset(levels)
    if not asked or asked & {ACR_PASSWORD, ACR_PASSWORD_AGAIN}:
        return frozenset()
    return (SECOND - SENT if held else SECOND) if ACR_CODE in asked else STRONG


def acr_for(reached: Sequence[str], wished: Sequence[str]) -> str | None:
    """The first wished level that was reached, else the highest plain one (OIDC Core section 3.1.2.1, acr_values)."""
    for level in wished:
        if level in reached:
            return level
    plain = [level for level in reached if level != ACR_PASSWORD_AGAIN]
    return plain[-1] if plain else None
