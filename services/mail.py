"""Messages by e-mail: one SMTP server, named by a URL, with encryption unless it is on this machine."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from dash_app.domain.errors import ConfigError, NotDelivered
from dash_app.domain.letters import subject_of, text_of
from dash_app.domain.notices import Message

TIMEOUT_S = 10.0
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """What SMTP_URL says: `smtps` encrypts from the start, `smtp` from STARTTLS on; on loopback nothing has to be."""

    host: str
    port: int
    implicit_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def local(self) -> bool:
        """Whether the server is on this machine."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class SmtpSender:
    """The Sender port by e-mail. `place_of` names a project, `address` is that of the app, `sender` signs."""

    def __init__(self, server: MailServer, sender: str, place_of: Callable[[str], str], address: str) -> None:
        self._server, self._sender, self._place_of, self._address = server, sender, place_of, address

    def send(self, message: Message) -> None:
        """Hand a message over to the mail server; raise NotDelivered."""
        try:
            with self._connected() as connection:
                connection.send_message(self._letter(message))
        except smtplib.SMTPAuthenticationError as error:
            raise NotDelivered(f"{self._server.host} refused our user: {error.smtp_code}.") from None
        except smtplib.SMTPRecipientsRefused:
            raise NotDelivered(f"{self._server.host} refused the address {message.address}.") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotDelivered(f"{self._server.host}:{self._server.port}: {type(error).__name__}.") from error

    def _connected(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.implicit_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
            if not server.local:
                connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
        return connection

    def _letter(self, message: Message) -> EmailMessage:
        """Return the letter; its Message-ID is the same in every attempt, so that a repetition can be told."""
        notice, place = message.notice, self._place_of(message.notice.project_id)
        letter = EmailMessage()
        letter["From"], letter["To"] = self._sender, message.address
        letter["Subject"] = subject_of(notice, place)
        domain = self._sender.rpartition("@")[2]
        letter["Message-ID"] = f"<notice-{notice.notice_id}-{message.message_id}-{notice.at:%Y%m%d%H%M%S}@{domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text_of(notice, place, self._address))
        return letter


def mail_server(url: str) -> MailServer:
    """Return the server that SMTP_URL names: smtp[s]://[user:password@]host[:port]; raise ConfigError.

    >>> mail_server("smtps://bot:s%40cret@mail.example.org")
    MailServer(host='mail.example.org', port=465, implicit_tls=True, user='bot')
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError("SMTP_URL: not an address.") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigError("SMTP_URL: smtp://user:password@host:port or smtps://user:password@host:port is expected.")
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        implicit_tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
