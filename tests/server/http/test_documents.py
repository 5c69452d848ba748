"""Documents over HTTP: the family's device uploads and goes on, the visit's physician downloads, nobody else learns a thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse
from multidict import CIMultiDict

from server import events as ev
from server.documents.kinds import CODES, MAX_BYTES
from server.documents.strip import strip
from server.http.documents import UPLOADS
from server.http.house import HOUSE
from server.http.problems import TEXTS
from server.http.tus import CHUNK_TYPE
from server.journal import Journal
from server.store import links
from server.store.documents import MAX_DOCUMENTS
from tests.server.documents import samples
from tests.server.http.conftest import ORIGIN, Browser, House

PICTURE = samples.jpeg(6)
TUS = {"Tus-Resumable": "1.0.0"}


async def ask(browser: Browser, method: str, path: str, data: bytes | None = None, **headers: str) -> ClientResponse:
    """A tus client's request: ``Upload_Length`` is the header Upload-Length."""
    named = CIMultiDict(TUS | {"Origin": ORIGIN} | {name.replace("_", "-"): value for name, value in headers.items()})
    answer: ClientResponse = await browser.client.request(method, path, data=data, headers=named)
    return answer


async def begun(browser: Browser, house: House, length: int = len(PICTURE)) -> str:
    answer = await ask(browser, "POST", f"{house.visit}/documents", Upload_Length=str(length))
    assert answer.status == 201
    return answer.headers["Location"]


async def send(browser: Browser, at: str, data: bytes, offset: int = 0) -> ClientResponse:
    return await ask(browser, "PATCH", at, data, Content_Type=CHUNK_TYPE, Upload_Offset=str(offset))


async def handed_in(browser: Browser, house: House, data: bytes = PICTURE) -> str:
    at = await begun(browser, house, len(data))
    assert (await send(browser, at, data)).status == 204
    return at


@pytest.fixture
async def family(house: House, guardian: Browser) -> Browser:
    """The guardian's device, the child confirmed and all agreed to."""
    await guardian.consent_to_everything(house.visit)
    return guardian


async def test_what_the_family_hands_in_the_physician_downloads(house: House, family: Browser, physician: Browser) -> None:
    at = await handed_in(family, house)
    for reader in (family, physician):
        answer = await reader.get(at)
        assert answer.status == 200
        assert await answer.read() == strip(PICTURE).data
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="document-1.jpg"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_only_what_staff_opened_is_noted(house: House, family: Browser, physician: Browser) -> None:
    at = await handed_in(family, house)
    await family.get(at)
    await physician.get(at)
    events = [event for event, _ in await Journal(house.server.database).replay(house.made.visit)]
    noted = [type(event) for event in events if isinstance(event, ev.AboutDocuments)]
    assert noted == [ev.DocumentAdded, ev.DocumentRead]


async def test_an_upload_goes_on_after_a_loss(house: House, family: Browser) -> None:
    at = await begun(family, house)
    first = await send(family, at, PICTURE[:1000])
    assert (first.status, first.headers["Upload-Offset"]) == (204, "1000")
    stands = await ask(family, "HEAD", at)
    assert stands.status == 200
    assert (stands.headers["Upload-Offset"], stands.headers["Upload-Length"]) == ("1000", str(len(PICTURE)))
    assert stands.headers["Cache-Control"] == "no-store"
    assert "GMT" in stands.headers["Upload-Expires"]
    rest = await send(family, at, PICTURE[1000:], 1000)
    assert (rest.status, rest.headers["Upload-Offset"]) == (204, str(len(PICTURE)))
    assert "Upload-Expires" not in rest.headers


async def test_what_came_before_a_connection_was_cut_counts(house: House, family: Browser) -> None:
    at = await begun(family, house)
    device = next(cookie for cookie in family.client.session.cookie_jar if cookie.key.startswith("peitong_device_"))
    head = (
        f"PATCH {at} HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Cookie: {device.key}={device.value}\r\nContent-Type: {CHUNK_TYPE}\r\nContent-Length: {len(PICTURE)}\r\n\r\n"
    )
    for time_to_read_s in (0.2, 2.0, 10.0):  # what a busy server has not read when the connection goes is lost with it
        _, writer = await asyncio.open_connection("127.0.0.1", house.web.port)
        writer.write(head.encode() + PICTURE[:1500])
        await writer.drain()
        await asyncio.sleep(time_to_read_s)
        writer.transport.abort()
        came = (await ask(family, "HEAD", at)).headers["Upload-Offset"]
        if came != "0":
            break
    assert came == "1500"
    assert (await send(family, at, PICTURE[1500:], 1500)).status == 204


async def test_the_list_shows_the_family_what_is_coming_and_the_physician_what_is_there(
    house: House, family: Browser, physician: Browser
) -> None:
    at = await handed_in(family, house)
    coming = await begun(family, house, 500)
    own = await (await family.get(f"{house.visit}/documents")).json()
    assert [(line["url"], line["state"]) for line in own["documents"]] == [(at, "kept"), (coming, "uploading")]
    assert own["limits"]["bytes"] == MAX_BYTES
    theirs = await (await physician.get(f"{house.visit}/documents")).json()
    line = theirs["documents"][0]
    assert [each["url"] for each in theirs["documents"]] == [at]
    assert (line["n"], line["kind"], line["bytes"], line["width"], line["height"], line["pages"]) == (
        1, "image/jpeg", len(strip(PICTURE).data), 96, 64, 1,
    )  # fmt: skip


@pytest.fixture
async def second(house: House) -> AsyncIterator[Browser]:
    """Another phone of the same family, by a further link."""
    browser, now, token = house.client(), house.clock(), "s" * 43
    await house.server.database.write(links.further(house.made.visit, token, now, now + 3600))
    assert (await browser.post("/api/join", {"token": token})).status == 200
    await browser.consent_to_everything(house.visit)
    yield browser
    await browser.client.close()


async def test_a_second_phone_does_not_stop_what_the_first_one_is_sending(
    house: House, family: Browser, second: Browser
) -> None:
    at = await begun(family, house)
    assert (await send(family, at, PICTURE[:1000])).status == 204
    assert (await (await second.get(f"{house.visit}/documents")).json())["documents"] == []
    assert await second.problem(await ask(second, "DELETE", at)) == "not_found"
    assert (await ask(second, "HEAD", at)).status == 404
    assert await second.problem(await send(second, at, PICTURE[1000:], 1000)) == "not_found"
    own = await (await family.get(f"{house.visit}/documents")).json()
    assert [(line["url"], line["received"]) for line in own["documents"]] == [(at, 1000)]
    assert (await send(family, at, PICTURE[1000:], 1000)).status == 204


async def test_what_one_phone_handed_in_is_the_familys(house: House, family: Browser, second: Browser) -> None:
    at = await handed_in(family, house)
    theirs = await (await second.get(f"{house.visit}/documents")).json()
    assert [(line["url"], line["state"]) for line in theirs["documents"]] == [(at, "kept")]
    assert await (await second.get(at)).read() == strip(PICTURE).data
    assert (await ask(second, "DELETE", at)).status == 204


async def test_an_upload_that_is_begun_again_under_its_key_is_the_same_one(
    house: House, family: Browser, second: Browser
) -> None:
    async def post(browser: Browser, key: str, length: int = len(PICTURE)) -> ClientResponse:
        return await ask(browser, "POST", f"{house.visit}/documents", Upload_Length=str(length), Idempotency_Key=key)

    first = await post(family, "k" * 43)
    at = first.headers["Location"]
    assert (await send(family, at, PICTURE[:1000])).status == 204
    for _ in range(MAX_DOCUMENTS):
        again = await post(family, "k" * 43)
        assert (again.status, again.headers["Location"], again.headers["Upload-Offset"]) == (201, at, "1000")
    assert len((await (await family.get(f"{house.visit}/documents")).json())["documents"]) == 1
    assert await family.problem(await post(family, "k" * 43, 5)) == "idempotency_mismatch"
    assert (await post(family, "l" * 43)).headers["Location"] != at
    assert (await post(second, "k" * 43)).headers["Location"] != at
    assert await family.problem(await post(family, "with a space")) == "idempotency_key_required"


async def test_what_was_taken_back_can_be_handed_in_again_under_its_key(house: House, family: Browser) -> None:
    begin = {"Upload_Length": str(len(PICTURE)), "Idempotency_Key": "k" * 43}
    for _ in range(2):
        at = (await ask(family, "POST", f"{house.visit}/documents", **begin)).headers["Location"]
        assert (await send(family, at, PICTURE)).status == 204
        assert (await ask(family, "DELETE", at)).status == 204


async def test_what_this_server_can_do_is_said(house: House, family: Browser) -> None:
    answer = await family.client.options(f"{house.visit}/documents", headers={"Origin": ORIGIN})
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,termination,expiration"
    assert answer.headers["Tus-Max-Size"] == str(MAX_BYTES)


async def test_the_family_takes_back_a_document_and_an_upload(house: House, family: Browser) -> None:
    for at in (await handed_in(family, house), await begun(family, house)):
        assert (await ask(family, "DELETE", at)).status == 204
        assert (await ask(family, "HEAD", at)).status == 404
        assert await family.problem(await family.get(at)) == "not_found"


@pytest.mark.parametrize(
    ("data", "code"), [(b"<script>", "document_kind"), (samples.pdf(trailer=b"/Encrypt 1 0 R"), "document_locked")]
)
async def test_what_is_not_taken_is_refused_in_words_and_gone(house: House, family: Browser, data: bytes, code: str) -> None:
    at = await begun(family, house, len(data))
    answer = await send(family, at, data)
    assert answer.status == 422
    assert await family.problem(answer) == code
    assert (await ask(family, "HEAD", at)).status == 404


def test_every_refusal_of_a_document_has_words() -> None:
    assert TEXTS.keys() >= CODES


async def test_a_wrong_offset_is_a_conflict(house: House, family: Browser) -> None:
    at = await begun(family, house)
    assert await family.problem(await send(family, at, PICTURE, 5)) == "upload_offset"


@pytest.mark.parametrize("length", ["", "-1", "x", "9" * 13])
async def test_a_length_is_a_number(house: House, family: Browser, length: str) -> None:
    answer = await ask(family, "POST", f"{house.visit}/documents", Upload_Length=length)
    assert await family.problem(answer) == "bad_request"


@pytest.mark.parametrize(("length", "code"), [("0", "document_empty"), (str(MAX_BYTES + 1), "document_too_large")])
async def test_a_length_is_within_the_limits(house: House, family: Browser, length: str, code: str) -> None:
    answer = await ask(family, "POST", f"{house.visit}/documents", Upload_Length=length)
    assert await family.problem(answer) == code


async def test_a_body_of_another_type_or_without_a_length_is_refused(house: House, family: Browser) -> None:
    at = await begun(family, house)
    wrong = await ask(family, "PATCH", at, PICTURE, Content_Type="image/jpeg", Upload_Offset="0")
    assert await family.problem(wrong) == "upload_type"

    async def endless() -> object:
        yield PICTURE

    headers = TUS | {"Origin": ORIGIN, "Content-Type": CHUNK_TYPE, "Upload-Offset": "0"}
    unknown = await family.client.patch(at, data=endless(), headers=headers)
    assert await family.problem(unknown) == "too_large"


async def test_another_version_and_another_origin_are_refused(house: House, family: Browser) -> None:
    answer = await ask(family, "POST", f"{house.visit}/documents", Tus_Resumable="0.2.2", Upload_Length="9")
    assert answer.status == 412
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert await family.problem(answer) == "upload_version"
    foreign = await ask(family, "POST", f"{house.visit}/documents", Origin="https://evil.example", Upload_Length="9")
    assert await family.problem(foreign) == "bad_origin"


async def test_a_post_that_is_no_upload_must_still_be_json(house: House, family: Browser) -> None:
    answer = await family.client.post(f"{house.visit}/documents", data=b"x", headers={"Origin": ORIGIN, "Upload-Length": "1"})
    assert await family.problem(answer) == "bad_request"


async def test_only_the_family_uploads_and_removes(
    house: House, family: Browser, physician: Browser, stranger: Browser
) -> None:
    at = await handed_in(family, house)
    for method, path in (("POST", f"{house.visit}/documents"), ("PATCH", at), ("DELETE", at), ("HEAD", at)):
        assert (await ask(physician, method, path, Upload_Length="9", Content_Type=CHUNK_TYPE, Upload_Offset="0")).status == 403
        assert (await ask(stranger, method, path, Upload_Length="9", Content_Type=CHUNK_TYPE, Upload_Offset="0")).status == 401
    assert await stranger.problem(await stranger.get(at)) == "not_signed_in"
    assert await stranger.problem(await stranger.get(f"{house.visit}/documents")) == "not_signed_in"


async def test_other_staff_read_nothing(house: House, family: Browser, stranger: Browser) -> None:
    at = await handed_in(family, house)
    await stranger.sign_in(house.made.operations_login, house.made.operations_password)
    assert await stranger.problem(await stranger.get(at)) == "not_found"


async def test_first_the_child_and_the_consents(house: House, guardian: Browser) -> None:
    answer = await ask(guardian, "POST", f"{house.visit}/documents", Upload_Length="9")
    assert await guardian.problem(answer) == "child_not_confirmed"
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    answer = await ask(guardian, "POST", f"{house.visit}/documents", Upload_Length="9")
    assert await guardian.problem(answer) == "consent_missing"


async def test_after_the_end_nothing_is_added_and_what_is_there_stays_readable(
    house: House, family: Browser, physician: Browser
) -> None:
    at, coming = await handed_in(family, house), await begun(family, house)
    await house.server.consultations.from_outside(house.made.visit, ev.NoShowMarked(0))
    assert await family.problem(await send(family, coming, PICTURE)) == "session_ended"
    assert await family.problem(await ask(family, "DELETE", at)) == "document_stays"
    assert (await physician.get(at)).status == 200
    house.clock.ahead_s = 31 * 86400.0
    await house.server.app[HOUSE].cabinet.tend(house.clock())
    answer = await family.get(at)
    assert answer.status == 410
    assert await family.problem(answer) == "documents_destroyed"


async def test_a_crowd_of_uploads_is_told_to_wait(house: House, family: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    at = await begun(family, house)
    monkeypatch.setattr(house.server.app[UPLOADS], "_free", 0)
    answer = await send(family, at, PICTURE)
    assert answer.status == 503
    assert answer.headers["Retry-After"]
