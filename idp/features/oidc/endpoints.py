"""The machine endpoints of this room and who may call them."""

from idp.features.oidc import device_authorization, introspection, metadata, pushed_requests, revocation, userinfo
from idp.features.oidc.server import TokenServer
from idp.web.house import House
from idp.web.machine import Endpoint


def endpoints(house: House) -> dict[str, Endpoint]:
    """Endpoints by path."""
    discovery = Endpoint(metadata.discovery(house.deps.settings), ("GET",), cors="any")
    return {
        "/.well-known/openid-configuration": discovery,
        "/.well-known/oauth-authorization-server": discovery,
        "/jwks": Endpoint(metadata.jwks(house), ("GET",), cors="any"),
        "/token": Endpoint(TokenServer(house).answer, ("POST",), form=True, cors="registered"),
        "/par": Endpoint(lambda request: pushed_requests.answer(house, request), ("POST",), form=True, cors="registered"),
        "/device_authorization": Endpoint(lambda request: device_authorization.answer(house, request), ("POST",), form=True, cors="registered"),
        "/revoke": Endpoint(lambda request: revocation.answer(house, request), ("POST",), form=True, cors="registered"),
        "/introspect": Endpoint(lambda request: introspection.answer(house, request), ("POST",), form=True),
        "/userinfo": Endpoint(lambda request: userinfo.answer(house, request), ("GET", "POST"), form=True, cors="registered"),
    }
