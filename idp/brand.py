"""Reads the operator's colour and logo: what pages are coloured by, light and dark, and a picture that can do nothing."""

import base64
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

MOST = 20_480  # bytes of a logo: it goes with the style sheet to every member once
LEAST = 4.5  # contrast of text (WCAG 2.2, 1.4.3)
COLOUR = "#0017c1"
_WHITE, _GROUND, _DARK, _DARK_PANEL = (255, 255, 255), (242, 242, 242), (26, 26, 26), (43, 43, 43)
Rgb = tuple[int, int, int]
# what a drawing is made of; everything else is refused: scripts, pictures in pictures, foreign content, animation
_DRAWING = frozenset(
    """svg g path rect circle ellipse line polyline polygon text tspan title desc defs linearGradient radialGradient stop clipPath
    mask use symbol""".split()
)
_SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Look:
    """`css` is added to the style sheet of every page; `colour` is the light colour; `logo`: whether there is one."""

    css: str = ""
    colour: str = COLOUR
    logo: bool = False


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)


def _light(colour: Rgb) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(colour: Rgb, with_: Rgb, share: float) -> Rgb:
    parts = [round(own + (other - own) * share) for own, other in zip(colour, with_)]
    return parts[0], parts[1], parts[2]


def _until(colour: Rgb, towards: Rgb, backs: tuple[Rgb, ...], wanted: float) -> Rgb:
    """The colour, mixed with `towards` as little as gives this contrast on each of these grounds."""
    steps = (_mixed(colour, towards, step / 50) for step in range(51))
    return next((one for one in steps if all(contrast(one, back) >= wanted for back in backs)), towards)


def colours(colour: str) -> str:
    """The style rules of a colour such as #0017c1, empty for ours: on white as it is, as links on grey a little darker if need
    be, and in the dark so light that it is read there. Raises `ValueError` with the contrast found."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise ValueError("write a colour as #rrggbb, for example #0017c1")
    light = _rgb(colour)
    if (found := contrast(light, _WHITE)) < LEAST:
        raise ValueError(f"its contrast with white is {found:.2f}:1; it must be 4.5:1 or more, so choose a darker one")
    if colour.lower() == COLOUR:
        return ""
    black = (0, 0, 0)
    link = _until(light, black, (_WHITE, _GROUND), LEAST)
    dark = _until(light, _WHITE, (_DARK, _DARK_PANEL), 7)
    rules = {"primary": light, "link": link, "hover": _mixed(link, black, 0.25), "active": _mixed(link, black, 0.5)}
    night = {"primary": dark, "link": dark, "hover": _mixed(dark, _WHITE, 0.4), "active": _WHITE}
    said = ["".join(f"--{name}:{_hex(value)};" for name, value in one.items()) for one in (rules, night)]
    return f":root{{{said[0]}}}@media (prefers-color-scheme:dark){{:root{{{said[1]}}}}}"


def _png(body: bytes) -> tuple[float, float]:
    if len(body) < 33 or body[12:16] != b"IHDR" or b"IEND" not in body[-12:]:
        raise ValueError("this PNG is not whole")
    width, height = struct.unpack(">II", body[16:24])
    return width, height


class _Checked:
    """What an SVG says of its size; raises `ValueError` at whatever could do or fetch something."""

    def __init__(self) -> None:
        self.size: tuple[float, float] | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.StartDoctypeDeclHandler = lambda *_: self._refuse("a document type (DOCTYPE) is not taken")
        self.parser.ProcessingInstructionHandler = lambda *_: self._refuse("processing instructions are not taken")

    def _refuse(self, why: str) -> None:
        raise ValueError(f"line {self.parser.CurrentLineNumber}: {why}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        if space != _SVG or tag not in _DRAWING:
            self._refuse(f"<{tag}> is not taken; export the logo as plain SVG with shapes only")
        for key, value in attributes.items():
            short, bare = key.rpartition(" ")[2].lower(), re.sub(r"\s", "", value).lower()
            if short.startswith("on") or "\\" in value:
                self._refuse(f"{short}=… is not taken: a logo does nothing")
            if short in ("href", "src") and not bare.startswith("#"):
                self._refuse(f"{short} may only point into the file itself (#…)")
            if re.search(r"url\((?!['\"]?#)|@import|javascript:", bare):
                self._refuse(f"{short} refers to something outside the file")
        if self.size is None:
            self.size = self._measure(tag, attributes)

    def _measure(self, tag: str, attributes: dict[str, str]) -> tuple[float, float]:
        box = re.findall(r"[-+.0-9eE]+", attributes.get("viewBox", ""))
        sides = box[2:] if len(box) == 4 else [re.sub("px$", "", attributes.get(name, "")) for name in ("width", "height")]
        try:
            width, height = map(float, sides)
        except ValueError:
            width = height = 0
        if tag != "svg" or not (0 < width < 1e5 and 0 < height < 1e5):
            self._refuse('the outermost element must be <svg> with a viewBox, for example viewBox="0 0 120 40"')
        return width, height


def _svg(body: bytes) -> tuple[float, float]:
    checked = _Checked()
    try:
        checked.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise ValueError(f"this SVG cannot be read: {error}") from None
    assert checked.size
    return checked.size


def logo(file: Path) -> str:
    """The style rules of a logo, which holds it whole. Raises `ValueError` for a file that is no picture, too large, or could
    do more than be seen."""
    try:
        with file.open("rb") as opened:
            body = opened.read(MOST + 1)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    if len(body) > MOST:
        raise ValueError(f"{file} is larger than 20 KiB")
    kind = "png" if body.startswith(b"\x89PNG\r\n\x1a\n") else "svg+xml"
    try:
        width, height = _png(body) if kind == "png" else _svg(body)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    ratio = width / height if height else 0
    if not 0.2 <= ratio <= 8:
        raise ValueError(f"{file} is {width:g} wide and {height:g} high; at most 8 times as wide as high, and at least a fifth")
    data = base64.b64encode(body).decode()
    return f'.logo{{width:{2.5 * ratio:.3f}rem;background-image:url("data:image/{kind};base64,{data}")}}'


def read(colour: str, file: str) -> tuple[Look, list[tuple[str, str]]]:
    """The look of these settings, and what is wrong with them: the key and what to do. Empty ones are ours."""
    css, wrong = "", []
    for key, value, rules in (("color", colour, colours), ("logo", file, lambda name: logo(Path(name)))):
        try:
            css += rules(value) if value else ""
        except ValueError as error:
            wrong.append((key, str(error)))
    return Look(css, colour.lower() if colour and not wrong else COLOUR, bool(file)), wrong
