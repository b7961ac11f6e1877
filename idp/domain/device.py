"""What a browser calls itself, reduced to system and browser, as people name them; and who sends a request."""

import re
from dataclasses import dataclass
from functools import lru_cache

# the first that fits; browsers quote each other, so the rarer word comes first
_SYSTEMS = (
    ("iPhone|iPad|iPod", "ios"), ("Android", "android"), ("Windows", "windows"), ("CrOS", "chromeos"),
    ("Macintosh|Mac OS X", "mac"), ("Linux|X11", "linux"),
)  # fmt: skip
_BROWSERS = (
    ("Edg(e|A|iOS)?/", "edge"), ("SamsungBrowser/", "samsung"), ("OPR/|Opera", "opera"), ("YJApp|Yahoo", "yahoo"),
    ("Line/", "line"), ("Firefox/|FxiOS/", "firefox"), ("Chrome/|CriOS/|Chromium/", "chrome"), ("Safari/", "safari"),
)  # fmt: skip
TELEVISION = "tv.other"  # what a television or set-top box is on record as, whatever it calls itself
SYSTEMS = (*(name for _, name in _SYSTEMS), "other")
BROWSERS = (*(name for _, name in _BROWSERS), "other")


@lru_cache(maxsize=256)
def device_of(user_agent: str) -> str:
    """`ios.safari`, `windows.edge`, `other.other`: the codes of system and browser with a dot between them."""
    said = user_agent[:512]
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, said)), "other")
    return f"{system}.{next((name for pattern, name in _BROWSERS if re.search(pattern, said)), 'other')}"


@dataclass(frozen=True)
class Caller:
    """Whoever sends a request: network address, and what the browser calls itself."""

    address: str
    user_agent: str = ""

    @property
    def device(self) -> dict[str, str]:
        """System and browser as codes, as letters take them: facts `os` and `browser`."""
        system, _, browser = device_of(self.user_agent).partition(".")
        return {"os": system, "browser": browser}
