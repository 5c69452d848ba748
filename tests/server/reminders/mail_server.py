"""A mail server for tests: real sockets, as much of RFC 5321 as a client needs, STARTTLS, sign-in, and refusals."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path


@dataclass
class Received:
    """One message as it came in, and how."""

    sender: str
    to: list[str]
    message: Message
    encrypted: bool
    login: str | None


@dataclass
class MailBox:
    """What a server was handed, and how it behaves: ``answers`` are a command's name and what is said to it instead."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    starttls: bool = True
    password: str | None = None


class _Session(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        self.box: MailBox = self.server.box  # type: ignore[attr-defined]
        self.encrypted, self.login, self.sender, self.to = self.server.implicit, None, "", []  # type: ignore[attr-defined]
        if self.box.answers.get("CONNECT") == "silence":
            self.rfile.read(1)
            return
        self.say("220 mail.test ready")
        while line := self.rfile.readline(1024):
            verb = line.split(b" ")[0].strip().upper().decode()
            if verb in self.box.answers:
                self.say(self.box.answers[verb])
            elif not self.obey(verb, line.decode().strip()):
                return

    def obey(self, verb: str, line: str) -> bool:
        match verb:
            case "EHLO":
                offers = ["mail.test", *(["STARTTLS"] if self.box.starttls and not self.encrypted else []), "AUTH PLAIN"]
                for offer in offers[:-1]:
                    self.say(f"250-{offer}")
                self.say(f"250 {offers[-1]}")
            case "STARTTLS":
                self.say("220 go ahead")
                self.request = self.server.context.wrap_socket(self.request, server_side=True)  # type: ignore[attr-defined]
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
                self.encrypted = True
            case "AUTH":
                _, name, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                self.login = name if password == self.box.password else None
                self.say("235 welcome" if self.login else "535 no")
            case "MAIL":
                self.sender = line.partition("<")[2].partition(">")[0]
                self.say("250 ok")
            case "RCPT":
                self.to.append(line.partition("<")[2].partition(">")[0])
                self.say("250 ok")
            case "DATA":
                self.take()
            case "QUIT":
                self.say("221 bye")
                return False
            case _:
                self.say("250 ok")
        return True

    def take(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        message = message_from_bytes(b"".join(lines), policy=default)
        if "CONTENT" in self.box.answers:
            self.say(self.box.answers["CONTENT"])
            return
        self.box.received.append(Received(self.sender, self.to, message, self.encrypted, self.login))
        self.say("250 taken")

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, box: MailBox, context: ssl.SSLContext, *, implicit: bool) -> None:
        self.box, self.context, self.implicit = box, context, implicit
        super().__init__(("127.0.0.1", 0), _Session)

    def get_request(self) -> tuple[object, object]:
        connection, address = super().get_request()
        return (self.context.wrap_socket(connection, server_side=True) if self.implicit else connection), address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no fault of this one."""


@contextmanager
def mail_server(certificate: Path, key: Path, *, implicit: bool = False) -> Iterator[MailBox]:
    """Runs on this machine while the block runs; ``implicit``: TLS from the first byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    box = MailBox()
    with _Server(box, context, implicit=implicit) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
