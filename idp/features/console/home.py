"""The console's first page: what happens here, in sentences, with its numbers beneath."""

from dataclasses import replace
from typing import Any

from idp.features.console import chart, dashboard, forms
from idp.features.console.dashboard import Panel, Said
from idp.ports import Unavailable
from idp.web import console
from idp.web.house import House

# pages that a panel leads on to, where there is such a page
MORE = {"sign-ins": "/console/audit", "delivery": "/console/courier", "registration": "/console/audit", "reset": "/console/audit", "sms": "/console/courier"}


def shown(house: House) -> dict[str, Any]:
    """What the page's template takes. Raises `Unavailable`."""
    deps, span = house.deps, console.asked(forms.HomeQuery)["span"]
    panels = [dashboard.sign_ins(deps, span), dashboard.delivery(deps, span)]
    panels += [dashboard.funnel(deps, span, name) for name in ("registration", "reset")] + [dashboard.sms(deps)]
    try:
        keys = bool(house.keyring.ring().signing)
    except Unavailable:
        keys = False
    known = {path for right, _, path in console.MENU if console.who().may(right)}
    depth, age = dashboard.queue(deps)
    return dict(
        span=span,
        panels=[_finished(house, one) for one in panels],
        more={name: path for name, path in MORE.items() if path in known},
        colours=chart.SERIES,
        waits=dashboard.waits_now(deps),
        waits_most=dashboard.WAITING_MOST,
        depth=depth,
        age=age,
        health=dashboard.health(deps, keys),
    )


def _finished(house: House, panel: Panel) -> Panel:
    """The panel in this language: names in place of their keys, also inside its sentence, and drawn."""
    locale = house.pages.locale()

    def said(value: Any) -> Any:
        return str(house.pages.text(locale, value)) if isinstance(value, str) and value.startswith("con.") else value

    title = Said(panel.title.key, {name: said(value) for name, value in panel.title.values.items()})
    spoken = replace(panel, title=title, rows=tuple((said(name), row) for name, row in panel.rows))
    return spoken if panel.drawing else spoken.lines([name for name, _ in spoken.rows])
