"""What a client's addresses mean to browsers."""

import pytest

from idp.domain.client import Client, origin, url_problem

ORIGINS = {
    "https://shop.example/cb": "https://shop.example",
    "https://Shop.Example:443/cb?x=1": "https://shop.example",
    "HTTPS://shop.example:8443": "https://shop.example:8443",
    "https://shop.example:80/": "https://shop.example:80",
    "https://shop.example:": "https://shop.example",
    "https://[2001:DB8::1]:443/cb": "https://[2001:db8::1]",
    "https://[2001:db8::1]:8443/cb": "https://[2001:db8::1]:8443",
    "http://localhost:80/cb": "http://localhost",
    "http://127.0.0.1:9000/cb": "http://127.0.0.1:9000",
    "http://[::1]:9000/cb": "http://[::1]:9000",
    "http://localhost:443/": "http://localhost:443",
}


@pytest.mark.parametrize("uri", ORIGINS)
def test_an_origin_is_written_as_browsers_write_it(uri: str) -> None:
    """RFC 6454 section 6.2: CORS compares it byte for byte."""
    assert url_problem(uri) is None and origin(uri) == ORIGINS[uri]
    assert Client("c", redirect_uris=(uri,)).origins == {ORIGINS[uri]}
