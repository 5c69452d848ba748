"""Reminders by e-mail (RFC 5321), through the hospital's own mail server.

The standard library's client in a thread, one connection a message: reminders are few, and a second library to keep would buy
nothing. Everything is bounded by ``TIMEOUT_S``. With STARTTLS (RFC 3207) or implicit TLS the server's certificate is
checked; without either, nothing is sent but to this machine itself (`server.config` sees to that).
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from server.config import MailServer, Security
from server.reminders.port import Addressee, Outcome
from server.reminders.words import Notice

TIMEOUT_S = 10.0
WITHIN_S = 60.0

log = logging.getLogger(__name__)


class Smtp:
    """``clock`` gives seconds since 1970; ``context`` is what a server's certificate is checked with."""

    name = "smtp"

    def __init__(self, server: MailServer, clock: Callable[[], float], context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._clock = clock
        self._context = context or ssl.create_default_context()

    def reaches(self, to: Addressee) -> bool:
        return bool(to.email)

    async def send(self, to: Addressee, notice: Notice) -> Outcome:
        if not to.email:
            return Outcome.NO_ADDRESS
        message = _message(self._server.sender, to.email, notice, self._clock())
        try:
            async with asyncio.timeout(WITHIN_S):
                return await asyncio.to_thread(self._hand_in, message)
        except TimeoutError:
            return _again("timeout")

    def _hand_in(self, message: EmailMessage) -> Outcome:
        """Blocks, in a thread of its own."""
        try:
            with self._connected() as client:
                client.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            return Outcome.REFUSED if all(code >= 500 for code in codes) else _again("recipient", codes[0])
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as refused:
            return _again("sign_in" if isinstance(refused, smtplib.SMTPAuthenticationError) else "sender", refused.smtp_code)
        except smtplib.SMTPDataError as refused:
            return Outcome.REFUSED if refused.smtp_code >= 500 else _again("data", refused.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return _again("not_supported")
        except smtplib.SMTPException:
            return _again("protocol")
        except ssl.SSLError:
            return _again("certificate")
        except OSError:
            return _again("network")
        return Outcome.DELIVERED

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.address
        if self._server.security is Security.TLS:
            client: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=self._context)
        else:
            client = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        try:
            if self._server.security is Security.STARTTLS:
                client.starttls(context=self._context)
            if self._server.login is not None and self._server.password is not None:
                client.login(self._server.login, self._server.password.reveal())
        except BaseException:
            client.close()
            raise
        return client


def _message(sender: str, to: str, notice: Notice, now: float) -> EmailMessage:
    """Told again it has the same Message-ID, by which mail servers and readers know a copy."""
    message = EmailMessage()
    message["From"] = Address(display_name=notice.values["hospital"], addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = notice.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    message["Message-ID"] = f"<{notice.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(notice.text, cte="base64")
    message["Content-Language"] = "zh-CN" if notice.language == "zh" else "en"
    return message


def _again(why: str, status: int | None = None) -> Outcome:
    log.warning("a reminder could not be handed in", extra={"code": why} | ({} if status is None else {"status": status}))
    return Outcome.TRY_AGAIN
