"""Signs requests to Amazon SNS with AWS Signature Version 4, by botocore, which only the extra idp[sns] installs."""

import re
from urllib.parse import urlsplit

import requests

from idp.sms_settings import GatewaySettings

_REGION = re.compile(r"sns\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")


class Signer:
    """Signs a prepared request in place. `user` of the settings is the access key id, `password` the secret key, `region`
    stands in the host name unless it is set. Raises ValueError if one of them, or the library, is missing.
    """

    def __init__(self, settings: GatewaySettings, url: str):
        try:
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
        except ImportError:
            raise ValueError("the profile sns needs the library botocore; run: pip install 'idp[sns]'") from None
        if not settings.user or not settings.password:
            raise ValueError("the profile sns needs the access key id as gateway.user and the secret key as gateway.password")
        found = _REGION.fullmatch(urlsplit(url).hostname or "")
        region = settings.region or (found[1] if found else "")
        if not region:
            raise ValueError("the address is https://sns.REGION.amazonaws.com/; for another one set gateway.region")
        self._auth = SigV4Auth(Credentials(settings.user, settings.password), "sns", region)
        self._request = AWSRequest

    def __call__(self, request: requests.PreparedRequest) -> None:
        """Add X-Amz-Date and Authorization over method, address, type and body."""
        kind = request.headers.get("Content-Type")
        described = self._request(request.method, request.url, {"Content-Type": kind} if kind else {}, request.body or b"")
        self._auth.add_auth(described)
        for name in ("X-Amz-Date", "Authorization"):
            request.headers[name] = described.headers[name]
