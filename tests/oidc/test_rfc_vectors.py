"""The examples that the RFCs print, run through our own code: keys and hashes, signatures, proofs of possession, PKCE."""

from dataclasses import replace
from typing import Any

import pytest

from idp import app
from idp.domain.client import Client
from idp.features.oidc import dpop, jose, tokens
from idp.services import client_keys
from idp.web.machine import MachineRequest
from tests.oidc.installation import Installation
from tests.oidc.relying_party import Portal
from tests.running import Browser

RSA_7638 = {"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W"
                 "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrd"
                 "kt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}  # fmt: skip
ED_8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
EC_9449 = {"kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}
THUMBPRINTS = {
    "RFC 7638 section 3.1": (RSA_7638, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
    "RFC 8037 appendix A.3": (ED_8037, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    "RFC 9449 section 6.1": (EC_9449, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
}

RSA_7515 = {"kty": "RSA", "e": "AQAB",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRP"
                 "EwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Z"
                 "wKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}  # fmt: skip
EC_7515 = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
JOE = ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
SIGNED = {
    "RFC 7515 appendix A.2": (RSA_7515, "eyJhbGciOiJSUzI1NiJ9" + JOE +
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
        "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
        "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"),
    "RFC 7515 appendix A.3": (EC_7515, "eyJhbGciOiJFUzI1NiJ9" + JOE +
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
}  # fmt: skip

PROOF_HEAD = ("eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldW"
              "QVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.")  # fmt: skip
FOR_TOKEN = (PROOF_HEAD + "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0"
             "IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg")  # fmt: skip
FOR_RESOURCE = (PROOF_HEAD + "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0"
                "ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9."
                "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA")  # fmt: skip
TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"


@pytest.mark.parametrize("name", THUMBPRINTS)
def test_thumbprints(name: str) -> None:
    """RFC 7638: what `cnf.jkt` and `dpop_jkt` hold."""
    jwk, thumbprint = THUMBPRINTS[name]
    assert client_keys.public_key(jwk).thumbprint() == thumbprint


@pytest.mark.parametrize("name", SIGNED)
def test_signatures(name: str) -> None:
    """RFC 7515: RS256 and ES256 by keys of a client; not with one character changed."""
    jwk, text = SIGNED[name]
    claims = jose.opened(text, lambda header, claims: client_keys.public_key(jwk))[1]
    assert claims == {"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": True}
    with pytest.raises(jose.BadToken):
        jose.opened(text.replace(JOE[5:9], "pc4M"), lambda header, claims: client_keys.public_key(jwk))


def proven(house: Installation, issuer: str, now: int, method: str, text: str, *about: Any) -> str | None:
    """What a provider of that name and time makes of a proof."""
    deps = replace(house.deps, clock=lambda: now, settings=replace(house.deps.settings, issuer=issuer))
    return dpop.proven(app.build(deps), MachineRequest(method, {"HTTP_DPOP": text}), *about)


def test_proofs_of_possession(house: Installation) -> None:
    """RFC 9449 sections 4.1 and 7.1: the proof for a token, and the one for a resource with `ath`; each at its time only."""
    client, thumbprint = Client("s6BhdRkqt3"), THUMBPRINTS["RFC 9449 section 6.1"][1]
    server, resource = "https://server.example.com", "https://resource.example.org"
    assert proven(house, server, 1_562_262_616 + 5, "POST", FOR_TOKEN, "/token", client) == thumbprint
    assert proven(house, resource, 1_562_262_618 + 5, "GET", FOR_RESOURCE, "/protectedresource", client, TOKEN) == thumbprint
    for wrong in ((resource, 1_562_262_618, "GET", FOR_RESOURCE, "/protectedresource", client, TOKEN + "x"),
                  (server, 1_562_262_616 + 61, "POST", FOR_TOKEN, "/token", client), (server, 1_562_262_616, "GET", FOR_TOKEN, "/token", client)):  # fmt: skip
        with pytest.raises(dpop.InvalidProof):
            proven(house, *wrong)


def test_pkce(portal: Portal, signed_in: Browser) -> None:
    """RFC 7636 appendix B."""
    code = portal.code(signed_in, code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert portal.redeem(code, code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").status_code == 200


def test_the_left_half_of_a_hash() -> None:
    """OIDC Core appendix A.3: what `at_hash` holds."""
    assert tokens.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256") == "77QmUPtjPfzWtF2AnpK9RQ"
