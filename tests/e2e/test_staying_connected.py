"""A visit that moves from one tab of a phone to another and back."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.conftest import DemoServer
from tests.e2e.people import Guardian, Person, Physician
from tests.e2e.test_other_visits import in_the_call

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300)]

_WATCHED = """() => {
  window.__opened = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    window.__opened.push(...stream.getTracks());
    return stream;
  };
}"""


async def devices_on(person: Person) -> int:
    return await person.page.evaluate("window.__opened.filter(({readyState}) => readyState === 'live').length")


async def test_a_second_tab_takes_over_and_the_first_takes_back(
    server: DemoServer, guardian: Guardian, physician: Physician
) -> None:
    await guardian.context.add_init_script(f"({_WATCHED})()")
    await in_the_call(server, guardian, physician)
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
