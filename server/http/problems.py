"""Errors on HTTP: RFC 9457 problem details with a stable code and a sentence in the reader's language."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from server.errors import Refused
from server.store.errors import TooManyAttempts
from signaling import texts

TEXTS: dict[str, tuple[int, str, str]] = {
    "bad_request": (400, "请求内容有误，请刷新页面后再试。", "The request was not understood. Please reload the page and try again."),
    "bad_origin": (403, "请从医院提供的链接打开本页面。", "Please open this page from the hospital's link."),
    "too_large": (413, "提交的内容过长。", "What was sent is too long."),
    "not_found": (404, "没有找到这个页面。", "There is no such page."),
    "not_signed_in": (401, "请先登录，或重新打开医院发给您的链接。", "Please sign in, or open the hospital's link again."),
    "not_allowed": (403, "您没有这项操作的权限。", "You are not allowed to do this."),
    "link_unknown": (404, "这个链接无效。请检查是否完整，或联系医院重新发送。",
                     "This link is not valid. Check that it is complete, or ask the hospital for a new one."),
    "link_used": (409, "这个链接已在另一台设备上使用。如需更换设备，请联系医院重新发送链接。",
                  "This link was already used on another device. To change devices, ask the hospital for a new link."),
    "link_expired": (410, "这个链接已过期。请联系医院重新发送。", "This link has expired. Please ask the hospital for a new one."),
    "too_many_attempts": (429, "尝试次数过多，请稍后再试。", "Too many attempts. Please try again later."),
    "sign_in_failed": (401, "登录名或密码不正确。", "The login or the password is not right."),
    "doctor_busy": (503, "另外两项检查正在进行，请稍等一分钟。", "Two other checks are under way. Please wait a minute."),
    "doctor_link_spent": (429, "这个检查链接的使用次数已用完，请在服务器上重新生成。",
                          "This link's tries are used up. Please make a new one on the server."),
    "consent_changed": (409, "知情同意书已更新，请重新阅读。", "The consent text has changed. Please read it again."),
    "consent_missing": (409, "请先阅读并同意知情同意书。", "Please read and agree to the consent texts first."),
    "child_not_confirmed": (409, "请先确认患儿信息。", "Please confirm the child first."),
    "session_ended": (409, "本次就诊已经结束。", "This visit has ended."),
    "unavailable": (503, "系统暂时无法处理，请稍候再试。", "The system cannot do this right now. Please try again in a moment."),
    "internal": (500, "系统出现错误，请稍后再试。", "Something went wrong on our side. Please try again."),
}  # fmt: skip


class Problem(Exception):
    """An error with a code of ``TEXTS``; ``more`` are further members of the document (such as ``retry_after_s``)."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


def refused_as_problem(refused: Refused) -> Problem:
    """A rule's refusal on HTTP."""
    if isinstance(refused, TooManyAttempts):
        return Problem("too_many_attempts", retry_after_s=refused.retry_after_s)
    return Problem(refused.code)


def language(request: web.Request) -> str:
    """ "zh" unless the reader's first preference is English."""
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"


def response(problem: Problem, lang: str) -> web.Response:
    status, zh, en = _said(problem.code)
    document = {
        "type": "about:blank",
        "title": en,
        "status": status,
        "code": problem.code,
        "detail": zh if lang == "zh" else en,
    }
    headers = {"Retry-After": str(problem.more["retry_after_s"])} if "retry_after_s" in problem.more else {}
    return web.Response(
        status=status,
        body=json.dumps(document | problem.more, ensure_ascii=False).encode(),
        content_type="application/problem+json",
        headers=headers,
    )


def _said(code: str) -> tuple[int, str, str]:
    """A code that only the rules know (PROTOCOL.md, section 7) is a conflict with how things stand, in the protocol's words."""
    return TEXTS.get(code) or (409, texts.text(code, "zh"), texts.text(code, "en"))
