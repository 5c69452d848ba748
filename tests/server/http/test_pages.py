"""Pages and files: headers, ETags, and no way out of the folder."""

from __future__ import annotations

import re

import pytest

from server.http.pages import WEB_CLIENT
from tests.server.http.conftest import Browser, House

PAGES = ["/", "/j/abc", "/family/", "/physician/", "/ops/", "/letter/", "/doctor/abc", "/coordinator/", "/r/abc", "/desk/"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_comes_with_a_strict_policy(house: House, stranger: Browser, path: str) -> None:
    page = await stranger.get(path)
    assert page.status == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self' ws://localhost:8480;" in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    text = await page.text()
    assert " style=" not in text
    assert "<script>" not in text


async def test_a_page_without_its_slash_is_redirected(house: House, stranger: Browser) -> None:
    answer = await stranger.get("/family?visit=1", allow_redirects=False)
    assert answer.status == 308
    assert answer.headers["Location"] == "/family/?visit=1"


async def test_an_unchanged_file_is_not_sent_again(house: House, stranger: Browser) -> None:
    first = await stranger.get("/web/shared/messages.js")
    assert first.content_type == "text/javascript"
    again = await stranger.get("/web/shared/messages.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert await again.read() == b""


@pytest.mark.parametrize(
    "path",
    [
        "/web/../pyproject.toml",
        "/web/%2e%2e/pyproject.toml",
        "/web/shared/%2e%2e/%2e%2e/server/keys.py",
        "/web//etc/passwd",
        "/web/.hidden.js",
        "/web/node_modules/typescript/package.json",
        "/web/package-lock.lock",
        "/web/shared",
        "/web/nothing.js",
        "/nothing",
    ],
)
async def test_nothing_but_the_pages_files_is_served(house: House, stranger: Browser, path: str) -> None:
    answer = await stranger.get(path)
    assert answer.status == 404


def test_the_documents_of_the_staffs_pages_differ_in_what_is_their_own_only() -> None:
    """Their title, and what lies in their own folder."""

    def common(page: str) -> str:
        text = (WEB_CLIENT / page / "index.html").read_text(encoding="utf-8")
        own = re.compile(rf'^ *(?:<title>.*</title>|<(?:link|script) [^>]*"/web/{page}/[^>]*>(?:</script>)?)\n', re.MULTILINE)
        assert len(own.findall(text)) >= 3, page
        return own.sub("", text)

    assert len({common(page) for page in ("physician", "ops", "coordinator", "desk")}) == 1
