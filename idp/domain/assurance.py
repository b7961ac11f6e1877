"""How strongly a member has proven themselves: `acr` and `amr`, never more than what was done (decisions.md)."""

from typing import Sequence

ACR_PASSWORD = "urn:x-idp:acr:1"
ACR_PASSWORD_AGAIN = "urn:x-idp:acr:1r"
ACR_SUPPORTED = (ACR_PASSWORD, ACR_PASSWORD_AGAIN)


def satisfied(methods: Sequence[str], entered_here: bool) -> tuple[str, ...]:
    """Every level that these methods reach; `entered_here`: the password was typed for this very request."""
    if "pwd" not in methods:
        return ()
    return (ACR_PASSWORD, ACR_PASSWORD_AGAIN) if entered_here else (ACR_PASSWORD,)


def acr_for(reached: Sequence[str], wished: Sequence[str]) -> str | None:
    """The first wished level that was reached, else the plain level (OIDC Core section 3.1.2.1, acr_values)."""
    for level in wished:
        if level in reached:
            return level
    plain = [level for level in reached if level != ACR_PASSWORD_AGAIN]
    return plain[-1] if plain else None
