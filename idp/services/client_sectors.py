"""Client metadata on the names that a client knows members by: the same for everybody, or those of its sector (OIDC Core
section 8)."""

import json
from typing import Any, Mapping
from urllib.parse import urlsplit

import structlog
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from idp.domain import client as rules
from idp.domain.client import Client
from idp.domain.problem import Problem
from idp.ports import Fetcher, NotFetched, Unavailable
from idp.services.client_proof import https

log = structlog.get_logger("idp.client_sectors")

TYPE = "application/json"


def _host(uri: Any) -> str | None:
    return urlsplit(uri).hostname if not rules.url_problem(uri) else None


class SectorOfClient(Schema):
    """The part of the metadata that these rules are about."""

    subject_type = fields.String(validate=validate.OneOf(rules.SUBJECT_TYPES))
    sector_identifier_uri = fields.Raw(validate=https)

    @validates_schema
    def has_a_sector(self, data: dict[str, Any], **_: Any) -> None:
        """Pairwise names need one host that they are for (section 8.1)."""
        hosts = {_host(uri) for uri in data.get("redirect_uris") or ()}
        if data.get("subject_type") != "pairwise" or data.get("sector_identifier_uri"):
            return
        if not hosts:
            raise ValidationError(Problem("sector_redirect", "pairwise needs a redirect URI, or a sector_identifier_uri"), "subject_type")
        if len(hosts) > 1:
            raise ValidationError(Problem("sector_hosts", "pairwise redirect URIs on several hosts need a sector_identifier_uri"), "subject_type")
        if hosts & {"127.0.0.1", "::1", "localhost"} and data.get("application_type") == "native":
            raise ValidationError(Problem("sector_native", "every native app has this host: pairwise needs a sector_identifier_uri"), "subject_type")


def problem(data: Mapping[str, Any], fetcher: Fetcher | None) -> Problem | None:
    """Why what stands at the `sector_identifier_uri` does not name every redirect URI (section 8.1; OIDC Registration section
    5), or None. What the network says stands in the log only: who registers must not look around in it."""
    uri = data.get("sector_identifier_uri")
    if uri is None:
        return None
    words = Problem("sector_list", "a JSON array that names every redirect_uri has to stand there")
    try:
        if fetcher is None:
            raise Unavailable("no way out")
        answer = fetcher.get(uri, TYPE)
        if answer.status != 200 or answer.content_type != TYPE:
            raise NotFetched(f"it answers {answer.status} {answer.content_type[:60]}")
        listed = json.loads(answer.body)
    except (Unavailable, NotFetched) as error:
        log.warning("sector_not_fetched", uri=uri, reason=str(error))
        return words
    except (ValueError, RecursionError):
        return words
    named = {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
    return None if set(data.get("redirect_uris") or ()) <= named else words


def changed(before: Client | None, after: Client) -> bool:
    """Whether a client that is in use would know every member by another name than before."""
    return before is not None and before.sector != after.sector
