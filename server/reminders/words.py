"""What a reminder says, in either language: the hospital, the time and the link.

It names neither child nor field nor physician: a message lies open on a locked screen, and passes through other hands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from server.calendar import CHINA
from server.reminders.plan import Kind


@dataclass(frozen=True, slots=True, repr=False)
class About:
    """What there is to tell. ``link`` is the whole address of a join link; empty for a visit that is called off."""

    hospital: str
    hospital_en: str
    starts_at: float
    link: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Notice:
    """One message to one family. ``text`` is whole; ``values`` are its variable parts, for providers that hold the rest as a
    template (docs/reminders.md). ``id`` stays the same over all attempts."""

    id: str
    kind: Kind
    language: str
    subject: str
    text: str
    values: Mapping[str, str]


_ZH: Mapping[Kind, tuple[str, str]] = {
    Kind.BOOKED: ("线上就诊已预约", "孩子的线上就诊已预约：{time}（北京时间）。请由监护人陪同，提前做好准备：{link}"),
    Kind.DAY_BEFORE: ("线上就诊提醒", "提醒您：孩子的线上就诊在{time}（北京时间）。可以提前检查设备、填写资料：{link}"),
    Kind.HOUR_BEFORE: ("线上就诊即将开始", "孩子的线上就诊将在{time}（北京时间）开始，请监护人和孩子一起进入候诊室：{link}"),
    Kind.MOVED: ("线上就诊时间有变", "孩子的线上就诊改到{time}（北京时间），请以新时间为准：{link}"),
    Kind.CANCELLED: (
        "线上就诊已取消",
        "原定{time}（北京时间）的线上就诊已取消。如需重新预约，请联系医院；情况紧急请立即拨打 120。",
    ),
    Kind.LINK: ("线上就诊链接", "您要的就诊链接（{time}，北京时间）：{link} 如非本人操作，请不要理会。"),
}
_EN: Mapping[Kind, tuple[str, str]] = {
    Kind.BOOKED: (
        "Online visit booked",
        "Your child's online visit is booked for {time} (Beijing time). A guardian must be there. Prepare here: {link}",
    ),
    Kind.DAY_BEFORE: (
        "Your online visit",
        "A reminder: your child's online visit is on {time} (Beijing time). You can test your device and prepare now: {link}",
    ),
    Kind.HOUR_BEFORE: (
        "Your online visit begins soon",
        "Your child's online visit begins at {time} (Beijing time). Please come to the waiting room together: {link}",
    ),
    Kind.MOVED: ("Your online visit has moved", "Your child's online visit has moved to {time} (Beijing time): {link}"),
    Kind.CANCELLED: (
        "Your online visit is cancelled",
        "The online visit of {time} (Beijing time) is cancelled. To book again call the hospital; in an emergency call 120.",
    ),
    Kind.LINK: (
        "Your visit's link",
        "The link that you asked for ({time}, Beijing time): {link} If it was not you who asked, please ignore this.",
    ),
}
_WEEKDAYS = "一二三四五六日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def compose(id: str, kind: Kind, about: About, language: str) -> Notice:
    """``language`` is zh or en; a text begins with who sends it, as Chinese providers demand of a short message."""
    english = language == "en"
    title, text = (_EN if english else _ZH)[kind]
    hospital = about.hospital_en if english else about.hospital
    time = spoken(about.starts_at, language)
    said = text.format(time=time, link=about.link)
    values = {"hospital": hospital, "time": time, "link": about.link}
    if english:
        return Notice(id, kind, "en", f"{title} · {hospital}", f"[{hospital}] {said}", values)
    return Notice(id, kind, "zh", f"{title} · {hospital}", f"【{hospital}】{said}", values)


def spoken(at: float, language: str) -> str:
    """A moment by the hospital's clock: 11月23日（周一）09:30, or Mon 23 Nov 09:30."""
    local = datetime.fromtimestamp(at, CHINA)
    if language == "en":
        return f"{_DAYS_EN[local.weekday()]} {local.day} {_MONTHS_EN[local.month - 1]} {local:%H:%M}"
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"
