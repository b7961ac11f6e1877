"""Puts the sample data in and the sample portal beside the provider, for `idp demo`."""

from pathlib import Path
from typing import Any, Callable

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from idp.demo import seed
from idp.demo.portal import create_portal
from idp.deps import Deps
from idp.services import client_registration
from idp.web.house import House

CLIENT_ID = "demo-portal"


def mount(deps: Deps, house: House) -> tuple[Callable[[Any], Any], list[str]]:
    """What puts the portal at /demo of the pages, and the lines to print at the start.

    Secret and cookie key of the portal are derived from the operator's secret, so a second start keeps them.
    """
    settings = deps.settings
    sample = seed.seed(deps, house.hasher)
    secret = deps.vault.keyed_hash("demo", "client secret")
    client_registration.register(deps, seed.portal_registration(settings.issuer, CLIENT_ID, secret))
    portal = create_portal(
        settings.issuer,
        CLIENT_ID,
        secret,
        deps.vault.key("demo-cookie"),
        Path(settings.mail.url.removeprefix("folder:")),
        Path(settings.sms.url.removeprefix("folder:")),
    )
    lines = seed.banner(settings.issuer, sample).splitlines()
    return lambda inner: DispatcherMiddleware(inner, {"/demo": portal}), lines
