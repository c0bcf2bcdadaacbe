"""A small mail server of this computer that speaks SMTP and wants to be signed in to."""

from __future__ import annotations

import base64
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

PASSWORD = "geheim"


class Box(socketserver.ThreadingTCPServer):
    """Takes mails and keeps them; ``refuses`` makes it take none."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def end(self) -> None:
        """Stop listening."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box = self.server
        assert isinstance(box, Box)
        inside = False
        self._say("220 example")
        while line := self.rfile.readline():
            word = line.split(None, 1)[0].upper() if line.strip() else b""
            if word == b"EHLO":
                self._say("250-example\r\n250-AUTH PLAIN\r\n250-SMTPUTF8\r\n250 8BITMIME")
            elif word == b"AUTH":
                given = base64.b64decode(line.split()[2]).split(b"\0")[2]
                inside = given == PASSWORD.encode()
                self._say("235 welcome" if inside else "535 wrong")
            elif word in (b"MAIL", b"RCPT", b"RSET", b"NOOP"):
                self._say("250 ok" if inside else "530 sign in first")
            elif word == b"DATA":
                self._say("354 go on")
                self._say("554 no" if not self._take(box) else "250 taken")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("502 not known")

    def _take(self, box: Box) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        if not box.refuses:
            box.mails.append(mail)
        return not box.refuses

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
