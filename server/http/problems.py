"""Errors on HTTP: RFC 9457 problem details with a stable code and a sentence in the reader's language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from server.booking.refusals import WORDS, NotBookable, Refusal
from server.errors import Refused
from server.store.errors import TooManyAttempts
from signaling import texts
from signaling.texts import Sentence

TEXTS: dict[str, tuple[int, str, str]] = {
    "bad_request": (400, "请求内容有误，请刷新页面后再试。", "The request was not understood. Please reload the page and try again."),
    "bad_origin": (403, "请从医院提供的链接打开本页面。", "Please open this page from the hospital's link."),
    "too_large": (413, "提交的内容过长。", "What was sent is too long."),
    "not_found": (404, "没有找到这个页面或记录。", "There is no such page or record."),
    "method_not_allowed": (405, "这个地址不支持该方法。", "This address does not know this method."),
    "not_signed_in": (401, "请先登录，或重新打开医院发给您的链接。", "Please sign in, or open the hospital's link again."),
    "not_allowed": (403, "您没有这项操作的权限。", "You are not allowed to do this."),
    "link_unknown": (404, "这个链接无效。请检查是否完整，或联系医院重新发送。",
                     "This link is not valid. Check that it is complete, or ask the hospital for a new one."),
    "link_used": (409, "这个链接已在另一台设备上使用。如需更换设备，请联系医院重新发送链接。",
                  "This link was already used on another device. To change devices, ask the hospital for a new link."),
    "link_expired": (410, "这个链接已过期。请联系医院重新发送。", "This link has expired. Please ask the hospital for a new one."),
    "recovery_off": (409, "本系统没有设置短信或邮件，无法发送链接。请致电医院重新获取。",
                     "This server has no way to send messages. Please call the hospital for a new link."),
    "too_many_attempts": (429, "尝试次数过多，请稍后再试。", "Too many attempts. Please try again later."),
    "sign_in_failed": (401, "登录名或密码不正确。", "The login or the password is not right."),
    "doctor_busy": (503, "另外两项检查正在进行，请稍等一分钟。", "Two other checks are under way. Please wait a minute."),
    "doctor_link_spent": (429, "这个检查链接的使用次数已用完，请在服务器上重新生成。",
                          "This link's tries are used up. Please make a new one on the server."),
    "questionnaire_changed": (409, "问卷已更新，请重新打开。", "The questionnaire has changed. Please open it again."),
    "consent_changed": (409, "知情同意书已更新，请重新阅读。", "The consent text has changed. Please read it again."),
    "consent_missing": (409, "请先阅读并同意知情同意书。", "Please read and agree to the consent texts first."),
    "child_not_confirmed": (409, "请先确认患儿信息。", "Please confirm the child first."),
    "bad_appointment": (422, "预约时间只能与“已预约”一起填写，并在前后一年以内。",
                        "An appointment's time belongs to \"booked\" and lies within a year."),
    "guest_invited": (409, "已有一位受邀者。请先收回邀请，再邀请另一位。", "Somebody is invited already. Take that invitation back before inviting another."),
    "guest_not_agreed": (409, "请先阅读并同意参与说明。", "Please read and agree to what taking part means first."),
    "note_changed": (412, "这份病历在另一个窗口被修改或签名，已附上现在的内容。",
                     "The note was changed or signed in another window; how it is now comes with this."),
    "note_incomplete": (422, "病历还不完整，不能签名，见 missing。", "The note is not complete and cannot be signed yet; see missing."),
    "note_too_early": (409, "就诊结束后才能签名。", "A note is signed once the visit has ended."),
    "session_ended": (409, "本次就诊已经结束。", "This visit has ended."),
    # documents (server/http/documents.py)
    "upload_version": (412, "上传方式的版本不受支持。", "This version of the upload protocol is not supported."),
    "upload_type": (415, "上传数据的类型有误。", "What is uploaded has the wrong media type."),
    "upload_offset": (409, "上传位置不一致，请查询后继续。", "The upload goes on at another place. Please ask where, and go on there."),
    "too_many_documents": (409, "本次就诊的图片和资料已达上限（20 份，共 150 MB）。", "This visit already has all it can take: 20 documents, 150 MB."),
    "too_many_stills": (409, "本次就诊保存的照片已达上限（20 张）。", "This visit already has all the stills it can take: 20."),
    "still_too_large": (422, "照片过大：不超过 2 MB、长边 1920 像素。", "The still is too large: at most 2 MB, and 1920 pixels a side."),
    "hospital_key_missing": (409, "医院尚未设置资料的加密公钥，暂时不能接收资料，请联系医院。",
                             "The hospital has not set up the key that documents are sealed to, so none can be handed in yet. Please ask the hospital."),
    "document_empty": (422, "文件是空的。", "The file is empty."),
    "document_kind": (422, "只能上传照片（JPEG、PNG、HEIC）或 PDF 文件。", "Only pictures (JPEG, PNG, HEIC) and PDF files can be handed in."),
    "document_damaged": (422, "文件不完整或已损坏，请重新拍摄或换一个文件。", "The file is incomplete or damaged. Please take the picture again or choose another file."),
    "document_too_large": (422, "文件过大：每份不超过 25 MB、6700 万像素、200 页。", "The file is too large: at most 25 MB, 67 megapixels and 200 pages."),
    "document_bomb": (422, "文件展开后过大，无法接收。", "Unpacked, the file is far too large."),
    "document_active": (422, "这个 PDF 含有脚本或附件，无法接收。请拍照或重新导出后上传。",
                        "This PDF holds scripts or attachments. Please take a picture of it, or export it again."),
    "document_locked": (422, "这个 PDF 有密码保护，请先去除密码或拍照上传。", "This PDF is locked. Please remove its password, or take a picture of it."),
    "document_too_complex": (422, "无法检查这个 PDF，请拍照上传。", "This PDF cannot be checked. Please take a picture of it."),
    "document_stays": (409, "就诊开始后不能再删除已提交的资料。", "Once the visit has begun, what was handed in stays."),
    "documents_destroyed": (410, "本次就诊的图片和资料已按约定销毁。", "The pictures and documents of this visit have been destroyed, as was said."),
    "document_unreadable": (500, "这份资料无法读取，请联系医院。", "This document cannot be read. Please ask the hospital."),
    # the booking API (server/http/v1)
    "malformed": (400, "请求内容不是有效的 JSON。", "The body is not valid JSON."),
    "unsupported_media_type": (415, "请求内容的类型必须是 application/json。", "The body's type must be application/json."),
    "invalid": (422, "请求中有不符合要求的内容，见 errors。", "Some of what was sent is not as it must be; see errors."),
    "invalid_token": (401, "需要有效的接口密钥：没有提供，或它不存在、已过期、已撤销。",
                      "A good API key is needed: there is none, or it is unknown, has expired or was revoked."),
    "insufficient_scope": (403, "此接口密钥没有所需的权限范围，见 scope。", "This API key does not have the scope that is needed; see scope."),
    "idempotency_key_required": (400, "需要 Idempotency-Key 标头：1 至 128 个可见 ASCII 字符，每次新建各用一个。",
                                 "An Idempotency-Key header is needed: 1 to 128 visible ASCII characters, another one for each creation."),
    "idempotency_mismatch": (422, "这个 Idempotency-Key 已用于另一个请求。", "This Idempotency-Key was used for another request."),
    "idempotency_busy": (409, "使用这个 Idempotency-Key 的请求仍在处理，请稍后重试。",
                         "The request with this Idempotency-Key is still under way. Please try again in a moment."),
    "precondition_required": (428, "需要 If-Match 标头：您所读到的版本的 ETag。", "An If-Match header is needed: the ETag of the revision that you read."),
    "precondition_failed": (412, "此记录已被更改，请重新读取。", "This was changed in the meantime. Please read it again."),
    "too_many_webhooks": (409, "本院的回调地址已达上限，请先删除不用的。",
                          "The hospital has as many webhooks as it may have; remove one first."),
    "visit_under_way": (409, "家属已在候诊或就诊已开始，不能再从外部更改。", "The family is here or the visit has begun; it can no longer be changed from outside."),
    "too_early": (409, "就诊时间未到，不能标记为未到诊。", "The visit's time has not come; it cannot be marked as a no-show yet."),
    "slot_unknown": (404, "没有找到这个号源，请重新选择时间。", "There is no such time any more. Please choose another."),
    "slot_elsewhere": (409, "只能改到同一医师、同一科室、同一专业的号源；否则请取消后重新预约。",
                       "A visit moves to a slot of the same physician, department and field only; otherwise cancel it and book another."),
    "schedule_overlaps": (409, "该医师在这段时间已有排班。", "The physician has another schedule in that time."),
    "relation_exists": (409, "该监护人与患儿的关系已登记。", "This guardian's relation to the child is registered already."),
    "login_taken": (409, "该登录名已被使用。", "Somebody has this login already."),
    "name_taken": (409, "已有同名记录。", "There is one of this name already."),
    "unavailable": (503, "系统暂时无法处理，请稍候再试。", "The system cannot do this right now. Please try again in a moment."),
    "internal": (500, "系统出现错误，请稍后再试。", "Something went wrong on our side. Please try again."),
}  # fmt: skip


class Problem(Exception):
    """An error with a code of ``TEXTS``; ``more`` are further members of the document (such as ``retry_after_s``).

    ``said`` is the sentence that goes with it, where that is not always the same.
    """

    def __init__(self, code: str, said: Sentence | None = None, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.said = said
        self.more = more
        self.headers: dict[str, str] = {"Retry-After": str(more["retry_after_s"])} if "retry_after_s" in more else {}

    def members(self, lang: str) -> dict[str, Any]:
        """The further members, in the reader's language."""
        return self.more


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place of a request: ``at`` is a JSON pointer into the body (``#/name``) or names a query parameter."""

    at: str
    zh: str
    en: str


class Invalid(Problem):
    """``invalid``, with everything that is wrong: ``errors`` of ``{"pointer" or "parameter", "detail"}`` (RFC 9457, section 3)."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("invalid")
        self.faults = faults

    def members(self, lang: str) -> dict[str, Any]:
        return {"errors": [_error(fault, lang) for fault in self.faults]}


def _error(fault: Fault, lang: str) -> dict[str, str]:
    return {
        "pointer" if fault.at.startswith("#") else "parameter": fault.at,
        "detail": fault.zh if lang == "zh" else fault.en,
    }


class Unbookable(Problem):
    """A visit that may not be: the first reason's code, and ``reasons`` of ``{"code", "detail"}``, every one of them."""

    def __init__(self, refused: NotBookable) -> None:
        super().__init__(refused.code, refused.said)
        self.reasons = refused.reasons

    def members(self, lang: str) -> dict[str, Any]:
        return {"reasons": [{"code": reason.value, "detail": WORDS[reason].in_(lang)} for reason in self.reasons]}


def refused_as_problem(refused: Refused) -> Problem:
    """A rule's refusal on HTTP."""
    if isinstance(refused, NotBookable):
        return Unbookable(refused)
    if isinstance(refused, TooManyAttempts):
        return Problem("too_many_attempts", retry_after_s=refused.retry_after_s)
    return Problem(refused.code, refused.said)


def language(request: web.Request) -> str:
    """ "zh" unless the reader's first preference is English."""
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"


def response(problem: Problem, lang: str) -> web.Response:
    status, zh, en = refusal(problem.code)
    if problem.said is not None:
        zh, en = problem.said.zh, problem.said.en
    document = {
        "type": "about:blank",
        "title": en,
        "status": status,
        "code": problem.code,
        "detail": zh if lang == "zh" else en,
    }
    return web.Response(
        status=status,
        body=json.dumps(document | problem.members(lang), ensure_ascii=False).encode(),
        content_type="application/problem+json",
        headers=problem.headers,
    )


def refusal(code: str) -> tuple[int, str, str]:
    """Its status and its words. A code that only the rules know is a conflict with how things stand, in the rules' words:
    of a booking (`server.booking.refusals`), or of the protocol (PROTOCOL.md, section 7)."""
    if code in TEXTS:
        return TEXTS[code]
    if code in WORDS:
        return 409, WORDS[Refusal(code)].zh, WORDS[Refusal(code)].en
    return 409, texts.text(code, "zh"), texts.text(code, "en")
