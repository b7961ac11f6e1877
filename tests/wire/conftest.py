"""One service with one worker, and two ways to it."""

import re
from typing import Iterator

import pytest

from tests import running, services
from tests.nginx import in_front
from tests.ports.smtp_server import self_made_certificate
from tests.running import Idp
from tests.wire.raw import Way


@pytest.fixture(scope="session")
def _ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Way]]:
    folder, behind, port = tmp_path_factory.mktemp("wire"), services.free_port(), services.free_port()
    server = "trusted_proxies = 1\nworkers = 1\ncourier = false"
    local = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", behind, server=server)
    idp, chain = Idp(folder, f"https://127.0.0.1:{port}"), self_made_certificate(folder)
    idp.config.write_text(re.sub('(?m)^issuer = .*$', f'issuer = "{idp.issuer}"', idp.config.read_text()))
    portal = idp.client()
    with in_front(idp.config, port, chain, limits=False), running.serving(local):
        yield {"gunicorn": Way(idp, portal, behind), "nginx": Way(idp, portal, port, chain)}


@pytest.fixture(params=["gunicorn", "nginx"])
def way(request: pytest.FixtureRequest, _ways: dict[str, Way]) -> Way:
    """Each way in turn."""
    return _ways[request.param]
