"""What each code of PROTOCOL.md, section 7, says to a person: one sentence in Chinese and one in English. Pure.

The sentences say what to do next where something can be done, and never which part of a credential was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Sentence:
    zh: str
    en: str

    def in_(self, language: str) -> str:
        return self.en if language == "en" else self.zh


TEXTS: Mapping[str, Sentence] = MappingProxyType(
    {
        "bad_message": Sentence("页面发送的内容无法识别，请刷新页面后重试。", "The page sent something unreadable. Please reload it."),
        "unknown_type": Sentence("页面版本过旧，请刷新页面。", "This page is out of date. Please reload it."),
        "too_large": Sentence("内容过长，请缩短后再发送。", "That is too long. Please shorten it."),
        "rate_limited": Sentence("操作过于频繁，请稍候再试。", "Too many requests. Please wait a moment."),
        "bad_token": Sentence("连接凭证已失效，正在重新连接。", "The connection pass has expired. Reconnecting."),
        "bad_origin": Sentence("请从医院提供的链接打开本页面。", "Please open this page through the hospital's link."),
        "stale_epoch": Sentence("您已在另一处打开本次就诊，此页面不再有效。", "This visit is open elsewhere; this page no longer counts."),
        "stale_offer": Sentence("已有更新的连接请求，此请求已忽略。", "A newer connection request exists; this one was ignored."),
        "bad_sdp": Sentence("浏览器的音视频参数无法识别，请更换浏览器重试。", "This browser's media offer is unreadable. Try another one."),
        "no_common_codec": Sentence(
            "双方浏览器没有共同支持的视频格式，请更换浏览器。", "The two browsers share no video format. Please use another browser."
        ),
        "media_unavailable": Sentence("音视频服务暂时不可用，正在重试。", "Sound and picture are unavailable just now. Retrying."),
        "not_allowed": Sentence("您没有进行此操作的权限。", "You are not allowed to do that."),
        "wrong_state": Sentence("当前阶段不能进行此操作。", "That cannot be done at this point of the visit."),
        "consent_missing": Sentence("监护人尚未完成知情同意。", "The guardian has not yet given consent."),
        "names_not_confirmed": Sentence(
            "请先核对患儿和监护人的姓名与预约是否一致。", "Please compare the names of child and guardian with the appointment first."
        ),
        "call_back_unclear": Sentence("请填写可以拨通的电话号码。", "Please give a telephone number that can be called."),
        "location_missing": Sentence("请填写孩子现在所在的地址。", "Please give the address where the child is now."),
        "attestation_incomplete": Sentence("请先完成全部确认项。", "Please complete every check first."),
        "not_adequate": Sentence(
            "线上无法充分判断时，请转线下就诊。", "When it cannot be judged remotely, please refer to in-person care."
        ),
        "unknown_department": Sentence("请从列表中选择转往的科室。", "Please choose a department from the list."),
        "unknown_reason": Sentence("请从列表中选择转诊原因。", "Please choose a reason from the list."),
        "guest_invited": Sentence("已有一位受邀者，请先收回邀请。", "Somebody is invited already; take that invitation back first."),
        "session_ended": Sentence("本次会话已结束。", "This session has ended."),
        "unavailable": Sentence("暂时无法处理，请稍后再试。", "This cannot be done just now. Please try again."),
    }
)  # fmt: skip


def text(code: str, language: str) -> str:
    """The sentence for a code; a code without one says that it cannot be done now."""
    return TEXTS.get(code, TEXTS["unavailable"]).in_(language)
