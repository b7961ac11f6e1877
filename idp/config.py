"""Reads config.toml: where the service runs and what it is connected to; in one file because its keys are read as one list."""

import dataclasses
import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from idp import brand, secret_keys, sms_settings, toml_reader
from idp.client_settings import ClientRegistration
from idp.secret_keys import Secrets
from idp.sms_settings import SmsSettings
from idp.toml_reader import TomlError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """The web workers. `trusted_proxies`: how many reverse proxies in front append to X-Forwarded-For."""

    bind: str = "127.0.0.1:8000"
    workers: int = 2
    threads: int = 8
    trusted_proxies: int = 0
    hosts: tuple[str, ...] = ()
    courier: bool = True
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class DatabaseSettings:
    """The durable store."""

    url: str = "sqlite:///var/idp.db"
    migrate_at_start: bool = True


@dataclass(frozen=True)
class EphemeralSettings:
    """The ephemeral store."""

    url: str = "sqlite:///var/ephemeral.db"


@dataclass(frozen=True)
class MailSettings:
    """Outgoing mail."""

    url: str = "folder:var/mail"
    sender: str = field(default="no-reply@idp.localhost", metadata={"key": "from"})
    desk: str = ""
    dkim_selector: str = ""


@dataclass(frozen=True)
class ContractorSettings:
    """The operator's contract records: the imported register, or an HTTP customer system."""

    url: str = "register:"
    token: str = ""


@dataclass(frozen=True)
class AuditSettings:
    """The audit record."""

    keep_days: int = 180
    contract_check_days: int = 30


@dataclass(frozen=True)
class Brand:
    """What members see of the operator."""

    name: str = "マイページ"
    operator: str = "ひかりネット"
    tel: str = "0120-000-000"
    hours: str = "9:00-18:00"
    home_client: str = ""
    privacy_url: str = ""
    accessibility_url: str = ""
    terms_url: str = ""
    color: str = ""
    logo: str = ""
    templates: str = ""


@dataclass(frozen=True)
class TextSettings:
    """Texts of the operator's own, in place of ours."""

    folder: str = ""


@dataclass(frozen=True)
class Settings:
    """A whole config.toml."""

    issuer: str = "http://localhost:8000"
    policy: str = "standard"
    server: Server = field(default_factory=Server)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    ephemeral: EphemeralSettings = field(default_factory=EphemeralSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    sms: SmsSettings = field(default_factory=SmsSettings)
    contractors: ContractorSettings = field(default_factory=ContractorSettings)
    secrets: Secrets = field(default_factory=Secrets)
    audit: AuditSettings = field(default_factory=AuditSettings)
    brand: Brand = field(default_factory=Brand)
    texts: TextSettings = field(default_factory=TextSettings)
    client_registration: ClientRegistration = field(default_factory=ClientRegistration)

    @property
    def secure(self) -> bool:
        """Whether browsers speak https to us."""
        return self.issuer.startswith("https://")

    @property
    def loopback(self) -> bool:
        """Whether the issuer is a trial on this machine."""
        return urlsplit(self.issuer).hostname in LOOPBACK_NAMES

    @property
    def host(self) -> str:
        """The host name of the issuer, without a port: what the last line of an SMS with a code names."""
        return urlsplit(self.issuer).hostname or ""

    @property
    def sms_link(self) -> str:
        """What stands before the token of a link in an SMS."""
        return f"{self.sms.link_url}/" if self.sms.link_url else f"{self.issuer}/r/"

    @property
    def link_host(self) -> str:
        """The value of the Host header that only such links are answered for; empty if there is none."""
        return urlsplit(self.sms.link_url).netloc

    @property
    def house(self) -> dict[str, str]:
        """What every letter may say of the operator, by placeholder."""
        brand, mail_domain = self.brand, self.mail.sender.rpartition("@")[2]
        known = {"brand": brand.name, "operator": brand.operator, "tel": brand.tel, "hours": brand.hours}
        return known | {"host": self.host, "mail_domain": mail_domain}

    @property
    def hosts(self) -> frozenset[str]:
        """Every value of the Host header that is answered."""
        parts = urlsplit(self.issuer)
        port = f":{parts.port}" if parts.port else ""
        names = LOOPBACK_NAMES[:2] + ("[::1]",) if self.loopback else (parts.hostname or "",)
        return frozenset([*(name + port for name in names), *self.server.hosts])


def _issuer_problem(issuer: str) -> str | None:
    try:
        parts: SplitResult = urlsplit(issuer)
        port = parts.port
    except ValueError:
        return "this is not a URL; write for example https://id.example.jp"
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        return "write the public https address, for example https://id.example.jp"
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_NAMES:
        return "http is allowed only for localhost; write https://…, and end TLS at your reverse proxy"
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return "write scheme, host and port only, without a path and without a slash at the end"
    if not re.fullmatch(r"[a-z0-9.\-\[\]:]+", parts.netloc):
        return "write the host in lower-case ASCII"
    return None


# members see for 90 days what happened
_NUMBERS = (("server", "workers", 1, 64), ("server", "threads", 2, 64), ("server", "trusted_proxies", 0, 8), ("audit", "keep_days", 90, 3_660), ("audit", "contract_check_days", 1, 90))
_GATEWAYS = ("https://", "http://127.0.0.1", "http://localhost")
_URLS = {
    ("database", "url"): ("sqlite:///", "postgresql://"),
    ("ephemeral", "url"): ("sqlite:///", "redis://", "rediss://", "unix://", "redis+sentinel://"),
    ("mail", "url"): ("folder:", "smtp://", "smtps://"),
    ("sms", "url"): ("folder:", *_GATEWAYS),
    ("contractors", "url"): ("register:", *_GATEWAYS),
}


def _check(settings: Settings) -> list[tuple[tuple[str, ...], str]]:
    found: list[tuple[tuple[str, ...], str]] = []
    if message := _issuer_problem(settings.issuer):
        found.append((("issuer",), message))
    for (section, key), prefixes in _URLS.items():
        if not getattr(getattr(settings, section), key).startswith(prefixes):
            found.append(((section, key), "start it with one of " + ", ".join(prefixes)))
    if (second := settings.sms.fallback.url) and not second.startswith(_GATEWAYS):
        found.append((("sms", "fallback", "url"), "start it with one of " + ", ".join(_GATEWAYS)))
    if short := settings.sms.link_url:
        message = _issuer_problem(short)
        if not message and not _issuer_problem(settings.issuer) and settings.link_host in settings.hosts:
            message = "write a host of its own, or leave it empty"
        found += [(("sms", "link_url"), message)] if message else []
    found += sms_settings.problems(settings.sms)
    server = settings.server
    port = re.fullmatch(r".+:([0-9]{1,5})", server.bind)
    if not re.fullmatch("unix:.+", server.bind) and not (port and 0 < int(port[1]) < 65_536):
        found.append((("server", "bind"), "write address:port or unix:/path"))
    for section, key, low, high in _NUMBERS:
        if not low <= getattr(getattr(settings, section), key) <= high:
            found.append(((section, key), f"write a number from {low} to {high}"))
    for network in server.metrics_from:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            found.append((("server", "metrics_from"), f'"{network}" is not a network; write for example 10.0.0.0/8'))
    for key in ("privacy_url", "accessibility_url", "terms_url"):
        if not re.fullmatch(r"(https://[\x21-\x7e]+)?", getattr(settings.brand, key)):
            found.append((("brand", key), "write an https address, or leave it empty"))
    if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?", settings.mail.dkim_selector):
        found.append((("mail", "dkim_selector"), "write the name before ._domainkey, or leave it empty"))
    for name, address in (("from", settings.mail.sender), ("desk", settings.mail.desk)):
        if not (re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", address) or (name == "desk" and not address)):
            found.append((("mail", name), "write one e-mail address"))
    return found


def load(path: str | None = None) -> tuple[Settings, Path]:
    """Settings and the folder that relative paths start from.

    `path`, else $IDP_CONFIG, else config.toml if it is there, else the embedded default under var/.
    Raises `TomlError`.
    """
    chosen = path or os.environ.get("IDP_CONFIG") or ("config.toml" if Path("config.toml").exists() else None)
    if chosen is None:
        return absolute(Settings(), Path.cwd()), Path.cwd()
    try:
        text = Path(chosen).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TomlError([f"{chosen}: cannot be read: {error}."]) from None
    settings = toml_reader.read(Settings, text, chosen)
    if problems := _check(settings):
        raise TomlError([toml_reader.problem(text, chosen, where, message) for where, message in problems])
    base = Path(chosen).resolve().parent
    settings = absolute(settings, base)
    if wrong := brand.read(settings.brand.color, settings.brand.logo)[1]:
        raise TomlError([toml_reader.problem(text, chosen, ("brand", key), message) for key, message in wrong])
    try:
        secret_keys.read(settings.secrets, settings.loopback, base, create=False)
    except ValueError as error:
        raise TomlError([toml_reader.problem(text, chosen, ("secrets", "keys"), str(error))]) from None
    return settings, base


def absolute(settings: Settings, base: Path) -> Settings:
    """The same settings with every relative file path made absolute from `base`."""

    def fix(url: str) -> str:
        for prefix in ("sqlite:///", "folder:"):
            if url.startswith(prefix) and url != "sqlite:///:memory:":
                return prefix + str(base / url[len(prefix) :])
        return url

    changed: dict[str, Any] = {}
    for name in ("database", "ephemeral", "mail", "sms"):
        section = getattr(settings, name)
        changed[name] = dataclasses.replace(section, url=fix(section.url))
    if settings.texts.folder:
        changed["texts"] = TextSettings(str(base / settings.texts.folder))
    own = {name: str(base / path) for name in ("logo", "templates") if (path := getattr(settings.brand, name))}
    changed["brand"] = dataclasses.replace(settings.brand, **own)
    return dataclasses.replace(settings, **changed)
