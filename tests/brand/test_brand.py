"""Colour and logo of the operator: what is taken, what is refused, and what is said then."""

import re
import struct
import zlib
from pathlib import Path

import pytest

from idp import brand, config
from idp.toml_reader import TomlError

SVG = 'xmlns="http://www.w3.org/2000/svg"'
GOOD = f'<svg {SVG} viewBox="0 0 120 40"><title>x</title><g><path d="M0 0h120v40z" fill="url(#a)"/></g></svg>'


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("colour", ["#0017c0", "#E60012", "#00833e", "#767676", "#000000", "#8a5a00", "#c0006b", "#00787e"])
def test_whatever_colour_is_taken_is_read_on_every_ground_of_ours_light_and_dark(colour: str) -> None:
    light, dark = (dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})", part)) for part in brand.colours(colour).split("@media"))
    white, grey, night, panel = "#ffffff", "#f2f2f2", "#1a1a1a", "#2b2b2b"
    assert light["primary"] == colour.lower()
    for name, found, grounds in (("primary", light, (white,)), ("link", light, (white, grey)), ("hover", light, (white, grey)), ("active", light, (white, grey))):
        assert all(brand.contrast(rgb(found[name]), rgb(ground)) >= 4.5 for ground in grounds), name
    assert all(brand.contrast(rgb(dark[name]), rgb(ground)) >= 7 for name in ("primary", "link", "hover", "active") for ground in (night, panel))


@pytest.mark.parametrize("colour, found", [("#777777", "4.48:1"), ("#ff8800", "2.39:1"), ("#ffffff", "1.00:1")])
def test_a_colour_that_is_too_light_is_refused_with_its_contrast(colour: str, found: str) -> None:
    with pytest.raises(ValueError, match=re.escape(found)):
        brand.colours(colour)


@pytest.mark.parametrize("colour", ["red", "#c00", "#0017c1;}", "0017c1", "#0017cg", "#0017c1\n"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        brand.colours(colour)


def test_the_contrast_is_that_of_the_guideline() -> None:
    assert brand.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert brand.contrast((0x00, 0x17, 0xC1), (255, 255, 255)) == pytest.approx(11.1, abs=0.1)


@pytest.mark.parametrize("body, wide", [(GOOD.encode(), "7.500rem"), (png(40, 40), "2.500rem"), (f'<svg {SVG} width="80px" height="40"/>'.encode(), "5.000rem")])
def test_a_plain_picture_is_taken_whole_and_with_its_shape(tmp_path: Path, body: bytes, wide: str) -> None:
    (tmp_path / "logo").write_bytes(body)
    css = brand.logo(tmp_path / "logo")
    assert css.startswith(f".logo{{width:{wide};") and "http" not in css.replace("data:image", "")


@pytest.mark.parametrize(
    "inside, why",
    [
        ("<script>alert(1)</script>", "<script> is not taken"),
        ('<rect onclick="x()"/>', "onclick"),
        ('<a href="https://elsewhere.example/"><rect/></a>', "<a> is not taken"),
        ('<use href="https://elsewhere.example/x.svg#a"/>', "href may only point"),
        ('<use href=" //elsewhere.example/x.svg#a"/>', "href may only point"),
        ('<rect fill="url(https://elsewhere.example/#a)"/>', "outside the file"),
        ('<rect style="background:u\\72l(x)"/>', "style"),
        ('<rect style="fill:URL( //elsewhere.example)"/>', "outside the file"),
        ("<style>@import 'https://elsewhere.example/x.css';</style>", "<style> is not taken"),
        ('<image href="data:image/png;base64,AA"/>', "<image> is not taken"),
        ("<foreignObject/>", "<foreignObject> is not taken"),
        ('<set attributeName="href" to="javascript:x"/>', "<set> is not taken"),
        ('<b xmlns="http://www.w3.org/1999/xhtml"/>', "<b> is not taken"),
        ("<?xml-stylesheet href='https://elsewhere.example/x.css'?>", "processing instructions"),
        ("<g>", "cannot be read"),
    ],
)
def test_a_drawing_that_could_do_or_fetch_something_is_refused(tmp_path: Path, inside: str, why: str) -> None:
    (tmp_path / "logo.svg").write_text(f'<svg {SVG} viewBox="0 0 9 9">{inside}</svg>')
    with pytest.raises(ValueError, match=re.escape(why)):
        brand.logo(tmp_path / "logo.svg")


@pytest.mark.parametrize(
    "body, why",
    [
        (b"", "cannot be read"),
        (b"\xff\xd8\xff\xe0", "cannot be read"),
        (b"<svg/>", "is not taken"),
        (f"<svg {SVG}/>".encode(), "viewBox"),
        (f'<svg {SVG} viewBox="0 0 nan 1"/>'.encode(), "viewBox"),
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg/>', "DOCTYPE"),
        (png(40, 40)[:-12], "not whole"),
        (png(1_000, 10), "as wide as high"),
        (b" " * 20_481, "20 KiB"),
    ],
)
def test_what_is_no_logo_is_refused(tmp_path: Path, body: bytes, why: str) -> None:
    (tmp_path / "logo").write_bytes(body)
    with pytest.raises(ValueError, match=re.escape(why)):
        brand.logo(tmp_path / "logo")


@pytest.mark.parametrize("line, why", [('color = "#ffcc00"', "line 2: brand.color: its contrast with white is"), ('logo = "none.svg"', "line 2: brand.logo: .*cannot be read")])
def test_the_settings_say_file_line_and_reason(tmp_path: Path, line: str, why: str) -> None:
    (tmp_path / "config.toml").write_text(f"[brand]\n{line}\n")
    with pytest.raises(TomlError, match=why):
        config.load(str(tmp_path / "config.toml"))
