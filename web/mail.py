"""Mails by the office's own server, as the settings name it; without one no mail is sent."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from matcher.errors import MatcherError
from web.stored import setting

_SECONDS = 15.0


class MailError(MatcherError):
    """A mail could not be sent."""


@dataclass(frozen=True)
class Server:
    """A mail server and the address that mails come from; ``address`` is this application's own."""

    host: str
    port: int
    security: str
    sender: str
    address: str
    user: str = ""
    password: str = field(default="", repr=False)


def server() -> Server | None:
    """Return the mail server of the settings, None where what it needs is not set.

    The address of links is a setting too: what a request calls this server could be made up.
    """
    user = str(setting("mail_user"))
    sender = str(setting("mail_sender")) or (user if "@" in user else "")
    host, address = str(setting("mail_server")), str(setting("address")).rstrip("/")
    if not (host and sender and address):
        return None
    return Server(
        host, int(setting("mail_port")), str(setting("mail_security")), sender, address, user,
        str(setting("mail_password")),
    )  # fmt: skip


def send(through: Server, to: str, subject: str, text: str) -> None:
    """Send a mail and wait for the server to take it.

    Raises MailError, with what to check, for a server that cannot be reached, trusted or signed
    in to, and for one that refuses the mail.
    """
    try:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = through.sender, to, subject
        message["Date"], message["Message-ID"] = formatdate(localtime=True), make_msgid()
        message.set_content(text)
        with _connected(through) as connection:
            if through.user:
                connection.login(through.user, through.password)
            connection.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            "邮件服务器拒绝登录，请检查 mail_user 和 mail_password（有些邮箱要用授权码）。",
            "The mail server refused the sign-in: check mail_user and mail_password.",
        ) from error
    except ssl.SSLError as error:
        raise MailError(
            "无法与邮件服务器建立加密连接，请检查 mail_port、mail_security 和服务器证书。",
            "No secure connection to the mail server: check mail_port, mail_security and its "
            "certificate.",
        ) from error
    except smtplib.SMTPException as error:
        raise MailError(
            f"邮件服务器没有接受邮件（{type(error).__name__}），请检查收发件人邮箱和加密方式。",
            f"The mail server did not take the mail ({type(error).__name__}): check the addresses "
            "and mail_security.",
        ) from error
    except (OSError, ValueError) as error:
        raise MailError(
            f"连不上邮件服务器 {through.host}:{through.port}，请检查地址、端口和网络。",
            f"The mail server {through.host}:{through.port} cannot be reached: check its name, its "
            "port and the network.",
        ) from error


def _connected(through: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if through.security == "ssl":
        return smtplib.SMTP_SSL(through.host, through.port, timeout=_SECONDS, context=context)
    connection = smtplib.SMTP(through.host, through.port, timeout=_SECONDS)
    if through.security == "starttls":
        try:
            connection.starttls(context=context)
        except BaseException:
            connection.close()
            raise
    return connection
