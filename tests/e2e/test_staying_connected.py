"""What happens to a phone in the middle of a visit: a reload, another tab, a phone call, a lost socket; and the way back."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import DemoServer
from tests.e2e.people import Guardian, Person, Physician, within
from tests.e2e.test_other_visits import in_the_call

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]

INTERRUPTED = "通话被打断，点一下继续"

# Every track that a page opened, and a camera that can be made to stand still without a word, as iOS does it.
_WATCHED = """() => {
  window.__opened = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.__opened.push(...stream.getTracks());
    if (!window.__silently || !wanted.video) return stream;
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    window.__drawing = setInterval(() => {
      pen.fillStyle = `hsl(${Date.now() % 360} 80% 50%)`;
      pen.fillRect(0, 0, 640, 360);
    }, 40);
    window.__silently = false;
    return new MediaStream([...stream.getAudioTracks(), ...canvas.captureStream(25).getVideoTracks()]);
  };
}"""
_PHONE_CALL = """() => {
  for (const track of window.__opened.splice(0)) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
}"""


async def peers(person: Person) -> int:
    """How many peer connections the page has made so far."""
    return await person.page.evaluate("globalThis.__peitong.stats().then(({peer}) => peer)")


async def devices_on(person: Person) -> int:
    return await person.page.evaluate("window.__opened.filter(({readyState}) => readyState === 'live').length")


async def test_a_reload_loses_nothing_a_second_tab_takes_over_and_the_first_takes_back(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await guardian.context.add_init_script(f"({_WATCHED})()")
    await in_the_call(server, guardian, physician)
    await guardian.page.reload()
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))

    second = Guardian(guardian.name, guardian.context, await guardian.context.new_page(), guardian.remote, guardian.screens)
    await second.returns(guardian.page.url)
    await guardian.reads("已在另一个页面打开")
    await asyncio.gather(physician.sees_moving("guardian"), second.sees_moving("physician"))
    assert await devices_on(guardian) == 0
    await guardian.screenshot("superseded")

    await guardian.click("改在这里继续")
    await second.reads("已在另一个页面打开")
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))
    assert await devices_on(second) == 0


async def test_a_phone_call_takes_the_devices_and_one_tap_brings_them_back(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await guardian.context.add_init_script(f"({_WATCHED})()")
    await in_the_call(server, guardian, physician)
    made = await peers(guardian)
    await guardian.page.evaluate(_PHONE_CALL)
    await guardian.reads(INTERRUPTED)
    await guardian.screenshot("interrupted")
    await guardian.click(INTERRUPTED)
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))
    await expect(guardian.page.get_by_text(INTERRUPTED)).to_have_count(0)
    assert await physician.hears_hz() is not None
    assert await peers(guardian) == made


async def test_a_camera_that_stops_without_a_word_is_noticed(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await guardian.context.add_init_script(f"({_WATCHED})(); window.__silently = true")
    await guardian.joins(server.guardian_link)
    await physician.signs_in(server.physician_link, server.physician_login, server.physician_password)
    await physician.opens(server.visit)
    await physician.admits()
    await guardian.sees_moving("physician")
    await expect(guardian.page.get_by_text(INTERRUPTED)).to_have_count(0)
    await guardian.page.evaluate("clearInterval(window.__drawing)")
    await guardian.reads(INTERRUPTED, timeout_ms=15_000)
    await guardian.click(INTERRUPTED)
    await physician.sees_moving("guardian")


async def test_a_socket_that_dies_while_media_lives_comes_back_unseen(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    """The page keeps its peer connection and its seat; what was written meanwhile arrives."""
    await guardian.context.add_init_script(
        "const Real = WebSocket; window.__sockets = [];"
        "window.WebSocket = class extends Real { constructor(...all) { super(...all); window.__sockets.push(this); } }"
    )
    await in_the_call(server, guardian, physician)
    made = await peers(guardian)
    await guardian.page.evaluate("window.__sockets.at(-1).close()")
    await physician.writes("还在吗")
    await guardian.click("消息")
    await guardian.reads("还在吗")

    async def sockets() -> int:
        return await guardian.page.evaluate("window.__sockets.length")

    await within(5, sockets, lambda number: number == 2, "one more socket")
    assert await peers(guardian) == made
    await asyncio.gather(physician.sees_moving("guardian"), guardian.sees_moving("physician"))
