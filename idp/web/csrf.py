"""Proof that a form came from our own page in the same browser (requirements WB-02, LG-12)."""

from flask import request

from idp.deps import Deps

FIELD = "csrf"


def token(deps: Deps, browser: str) -> str:
    """The token of this browser: a keyed hash of its cookie, so nothing needs storing and no time runs out."""
    return deps.vault.keyed_hash("csrf", browser)


def trusted(deps: Deps, browser: str | None, given: str) -> bool:
    """Whether an unsafe request may act: it comes from our own pages by the browser's own word where the browser
    gives one (Fetch Metadata, Origin), and carries the token of this browser."""
    return ours(deps) and browser is not None and deps.vault.matches("csrf", browser, given)


def ours(deps: Deps) -> bool:
    """Whether the browser, if it says anything of it, says that one of our own pages has sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    # pages with Referrer-Policy: no-referrer send "null" for their own forms in some browsers
    return site is not None or origin in (None, "null", deps.settings.issuer)
