"""A hospital's own system as far as it asks: the booking API, with a key, as docs/booking.md shows it."""

from __future__ import annotations

import secrets
from typing import Any, Final

import aiohttp

from rehearsal.person import RehearsalFailed

API: Final = "/api/v1"


class System:
    """One system of a hospital, while it is entered. Raises ``RehearsalFailed`` for every answer that is an error."""

    def __init__(self, server: str, token: str) -> None:
        self._server = server
        self._token = token
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> System:
        headers = {"Authorization": f"Bearer {self._token}"}
        self._http = aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(ssl=False))
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._http.close()

    async def get(self, path: str, **query: str) -> Any:
        return await self._ask("GET", path, params=query)

    async def create(self, path: str, **members: Any) -> Any:
        return await self._ask("POST", path, json=members, headers={"Idempotency-Key": secrets.token_hex(16)})

    async def post(self, path: str, **members: Any) -> Any:
        return await self._ask("POST", path, json=members)

    async def change(self, path: str, **members: Any) -> Any:
        """Whatever the revision."""
        return await self._ask("PATCH", path, json=members, headers={"If-Match": "*"})

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        async with self._http.request(method, self._server + API + path, **options) as answer:
            document = await answer.json(content_type=None)
            if answer.status >= 400:
                code = document.get("code") or document.get("issue")
                raise RehearsalFailed(f"{method} {path.split('/')[1]}: {answer.status} {code}")
            return document
