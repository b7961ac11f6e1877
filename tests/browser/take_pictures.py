"""Takes the pictures of the README anew: `python -m tests.browser.take_pictures`, from the top of the tree."""

import base64
import struct
import tempfile
import zlib
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from idp.demo.pages import MEMBERS
from tests import running
from tests.browser.visitor import FLAGS, chromium_path
from tests.running import Idp

PICTURES = Path(__file__).parents[2] / "idp" / "demo" / "pictures"
PHONE: ViewportSize = {"width": 360, "height": 640}
SCREEN: ViewportSize = {"width": 1200, "height": 720}
MOST_BYTES = 80_000


# the picture's most frequent colours, and for each pixel which of them is nearest
COUNT_COLOURS = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => parts(colour));
  const far = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  for (const colour of counts.keys()) {
    const all = palette.map((one) => far(one, parts(colour)));
    counts.set(colour, all.indexOf(Math.min(...all)));
  }
  return { width: image.width, height: image.height, palette, pixels: Array.from(pixels, (pixel) => counts.get(pixel)) };
}"""


def light(browser: Browser, png: bytes) -> bytes:
    """The picture with 256 colours at most (PNG, third edition, sections 10 and 11)."""
    page = browser.new_page()
    found = page.evaluate(COUNT_COLOURS, base64.b64encode(png).decode())
    page.close()
    width, height, pixels = found["width"], found["height"], bytes(found["pixels"])
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = bytes(part for colour in found["palette"] for part in colour)
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def save(page: Page, name: str) -> None:
    """Write what the window shows."""
    assert page.context.browser
    picture = light(page.context.browser, page.screenshot())
    print(f"{name}: {len(picture)} bytes")
    assert len(picture) < MOST_BYTES, "too heavy for a README"
    (PICTURES / name).write_bytes(picture)


def take(browser: Browser, idp: Idp) -> None:
    """The sign-in page on a phone, then the sample portal on a wide screen."""
    member = MEMBERS[0]
    page = browser.new_page(locale="ja-JP", viewport=PHONE, device_scale_factor=2)
    page.goto(f"{idp.issuer}/demo/sign-in")
    page.fill("[autocomplete~=username]", member["login_id"])
    page.fill("[autocomplete=current-password]", member["password"])
    page.evaluate("document.activeElement.blur()")
    save(page, "sign-in.png")
    page.click("button.primary")
    page.wait_for_url(f"{idp.issuer}/demo/")
    wide = browser.new_page(locale="ja-JP", viewport=SCREEN)
    wide.context.add_cookies(page.context.cookies())
    wide.goto(f"{idp.issuer}/demo/")
    save(wide, "portal.png")


def main() -> None:
    """Start the trial in an empty folder and take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        brand = '[brand]\nname = "My ひかりページ"\n'
        port = 8000  # the address can be read in the picture
        idp = running.configure(Path(folder), "sqlite:///idp.db", "sqlite:///ephemeral.db", port, brand)
        with running.serving(idp, "demo"), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
            take(browser, idp)
            browser.close()


if __name__ == "__main__":
    main()
