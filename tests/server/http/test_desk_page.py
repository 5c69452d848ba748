"""The desk's page in a real browser, by the keyboard: booked, though a slot is lost on the way; and called off."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from server.demo import free_port
from server.store import bookings, people, schedules
from server.store.schedules import Wanted
from server.store.visits import Child, Guardian, Relation, Visit, add
from tests.server.http.conftest import House, opened

pytestmark = [pytest.mark.browser, pytest.mark.unhurried]
expect.set_options(timeout=30_000)  # slow is not wrong


@dataclass
class AtTheDesk:
    house: House
    page: Page


@pytest.fixture
async def desk(seeded: Path, tmp_path: Path) -> AsyncIterator[AtTheDesk]:
    async with opened(seeded, tmp_path, free_port()) as house, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(15_000)
        page.on("dialog", lambda dialog: dialog.accept())
        yield AtTheDesk(house, page)
        await browser.close()


async def another_family_takes_the_first_slot(house: House) -> None:
    database, now = house.server.database, house.clock()
    (hospital,) = await people.hospitals(database)
    wanted = Wanted(now, now + 30 * 86_400, field="nutrition")
    (slot,) = await database.read(lambda transaction: schedules.free_slots(transaction, hospital, wanted, None, 1))
    family = (Child("c9", hospital, "赵一", "male", "2019-01-01"), Guardian("g9", hospital, "赵二", "13911112222"))
    await database.write(add(*family, Relation("g9", "c9", "father", "other")))
    visit = Visit("v9", hospital, "-", "nutrition", "c9", "g9", slot.physician, slot.starts_at, slot.ends_at, slot=slot.id)
    await database.write(lambda transaction: bookings.add(transaction, visit))


async def test_a_family_is_booked_and_a_visit_called_off_by_the_keyboard(desk: AtTheDesk) -> None:
    page, made = desk.page, desk.house.made
    await page.goto(made.desk_link)
    await page.fill("#login", made.desk_login)
    await page.fill("#password", made.desk_password)
    await page.keyboard.press("Enter")
    await expect(page.locator(".desk-scroll tbody tr")).to_have_count(1)

    await page.keyboard.press("n")
    await page.fill("#family", "张")
    await page.keyboard.press("Enter")
    await expect(page.locator("#found input")).to_be_focused()
    await page.keyboard.press("Space")
    await page.check("#field input[value=nutrition]")
    slots = page.locator("#slot .desk-slot")
    await slots.nth(0).click()
    await another_family_takes_the_first_slot(desk.house)
    act = page.locator(".desk-panel .button-large")
    await act.click()
    await expect(page.locator(".desk-panel [role=alert]").first).to_contain_text("刚刚被别人约走")
    await expect(page.locator("#family")).to_have_value("张")
    await expect(page.locator("#found input")).to_be_checked()

    await slots.nth(1).click()
    await act.click()
    await expect(page.locator(".desk-link")).to_have_text(re.compile(r"^http://localhost:\d+/j/[\w-]{20,}$"))
    assert await page.locator(".desk-qr").evaluate("(image) => image.decode().then(() => image.naturalWidth > 0)")
    await page.keyboard.press("Escape")
    await expect(page.locator(".desk-link")).to_have_count(0)

    mine = page.locator(".desk-scroll tr", has_text="张小明").filter(has_text="营养")
    await mine.locator(".desk-open").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel-title")).to_have_text("张小明")
    await page.keyboard.press("c")
    await page.check("#cancel-reason input[value=family]")
    await act.click()
    await expect(mine).to_contain_text("已取消")
    await page.keyboard.press("r")
    await expect(page.locator(".desk-panel tbody")).to_contain_text("slot_taken")
