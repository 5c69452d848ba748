"""A hospital with its key on a server that has another hospital, too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient

from tests.server.http.conftest import House
from tests.server.http.v1.kit import Client, Place, another_hospital


@pytest.fixture
async def place(house: House) -> Place:
    return await another_hospital(house)


@pytest.fixture
async def elsewhere(house: House) -> Place:
    return await another_hospital(house)


@pytest.fixture
async def system(house: House, place: Place) -> AsyncIterator[Client]:
    """The hospital's own system, with a key that is good for everything."""
    client = TestClient(house.web)
    yield Client(client, await place.key())
    await client.close()
