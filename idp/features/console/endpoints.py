"""Where the provider tells the console that a session has ended: `POST /console/backchannel-logout`."""

from idp.features.console import flow
from idp.features.console.relying_party import Provider
from idp.services import console_client
from idp.web.house import House
from idp.web.machine import NO_STORE, Endpoint, MachineRequest, Reply, error_reply


def endpoints(house: House) -> dict[str, Endpoint]:
    """Endpoints by path."""
    deps = house.deps
    provider = Provider(deps.settings.issuer, console_client.secret(deps), house.fetcher, deps.clock)

    def told(request: MachineRequest) -> Reply:
        """Back-Channel Logout 1.0 sections 2.5 and 2.8."""
        if flow.told_out(deps, provider, request.form.get("logout_token", "")):
            return Reply(200, headers=NO_STORE)
        return error_reply(400, "invalid_request", "the logout token is not valid")

    return {console_client.LOGOUT: Endpoint(told, ("POST",), form=True)}
