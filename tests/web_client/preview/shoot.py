"""Pictures of every state of the staff's pages, to be looked at: `python tests/web_client/preview/shoot.py OUT [name ...]`.

Files come straight from disk through the browser's request hook; no server runs. Each state is drawn in both languages on a desk and on a phone.
"""

from __future__ import annotations

import argparse
import mimetypes
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
ORIGIN = "https://preview.test"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' wss:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'"
)
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    folder, _, name = path.removeprefix("/").partition("/")
    file = {"web": ROOT / "web_client", "preview": ROOT / "tests/web_client/preview"}.get(folder, ROOT / "nowhere") / name
    if not file.is_file():
        return route.fulfill(status=404)
    kind = "text/javascript" if file.suffix in {".js", ".mjs"} else mimetypes.guess_type(name)[0] or "text/plain"
    return route.fulfill(body=file.read_bytes(), content_type=f"{kind}; charset=utf-8", headers={"Content-Security-Policy": CSP})


def faults(page: Page) -> list[str]:
    seen: list[str] = []
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("console", lambda message: seen.append(message.text) if message.type in {"error", "warning"} else None)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--page", default="staff", help="staff, ops or letter")
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--language", choices=("zh", "en"))
    parser.add_argument("--zoom", type=float, default=1)
    parser.add_argument("--full", action="store_true", help="the whole page, not just the window")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        for size, (width, height) in SIZES.items():
            if options.size not in (None, size):
                continue
            viewport = {"width": int(width / options.zoom), "height": int(height / options.zoom)}
            context = browser.new_context(viewport=viewport, device_scale_factor=options.zoom, has_touch=size == "phone", timezone_id="Asia/Shanghai")
            context.route("**/*", serve)
            page = context.new_page()
            seen = faults(page)
            for name in options.names:
                for language in ("zh", "en"):
                    if options.language not in (None, language):
                        continue
                    page.goto(f"{ORIGIN}/preview/{options.page}.html?state={name}&language={language}")
                    page.wait_for_selector("html[data-ready]", state="attached")
                    page.wait_for_timeout(350)
                    page.screenshot(path=options.out / f"{options.page}-{name}-{size}-{language}.png", full_page=options.full)
                    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    if wide > 0:
                        seen.append(f"{name} {size} {language}: {wide} px too wide")
            print("\n".join(dict.fromkeys(seen)))
        browser.close()


if __name__ == "__main__":
    main()
