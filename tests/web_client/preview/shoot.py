"""Pictures of every state of the staff's pages, to be looked at: `python tests/web_client/preview/shoot.py OUT [name ...]`.

Files come straight from disk through the browser's request hook; no server runs. Each state is drawn in both
languages, on a desk and on a phone.
"""

from __future__ import annotations

import argparse
import mimetypes
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
ORIGIN = "https://preview.test"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"
)
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def file_of(url: str) -> tuple[Path | None, str]:
    """The file that a URL of these pages means, and its content type."""
    folder, _, name = url.removeprefix(ORIGIN).split("?")[0].removeprefix("/").partition("/")
    file = {"web": ROOT / "web_client", "preview": ROOT / "tests/web_client/preview"}.get(folder, ROOT / "nowhere") / name
    kind = "text/javascript" if file.suffix in {".js", ".mjs"} else mimetypes.guess_type(name)[0] or "text/plain"
    return (file if file.is_file() else None), f"{kind}; charset=utf-8"


def serve(route: Route) -> None:
    file, kind = file_of(route.request.url)
    if file is None:
        return route.fulfill(status=404)
    return route.fulfill(body=file.read_bytes(), content_type=kind, headers={"Content-Security-Policy": CSP})


def shoot(browser: Browser, size: str, options: argparse.Namespace) -> None:
    width, height = (int(side / options.zoom) for side in SIZES[size])
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=options.zoom,
        has_touch=size == "phone",
        timezone_id="Asia/Shanghai",
    )
    context.route("**/*", serve)
    page = context.new_page()
    page.goto(f"{ORIGIN}/preview/{options.page}.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    for name in options.names:
        for language in options.language:
            page.evaluate("([name, language]) => window.show(name, language)", [name, language])
            page.wait_for_timeout(400)
            page.screenshot(path=options.out / f"{options.page}-{name}-{size}-{language}.png", full_page=options.full)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--page", default="staff", help="the name of a gallery beside this file: staff, ops, desk, coordinator …")
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--language", choices=("zh", "en"), action="append")
    parser.add_argument("--zoom", type=float, default=1)
    parser.add_argument("--full", action="store_true", help="the whole page, not just the window")
    options = parser.parse_args()
    options.language = options.language or ["zh", "en"]
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        for size in options.size or SIZES:
            shoot(browser, size, options)
        browser.close()


if __name__ == "__main__":
    main()
