"""E-mail through a real SMTP server on this machine: what arrives, who is let in, and what a refusal says."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from dash_app.domain.errors import ConfigError, NotDelivered
from dash_app.domain.notices import Channel, Message, Notice, NoticeKind
from services.mail import SmtpSender, mail_server

NOTICE = Notice(
    notice_id=7, at=datetime(2026, 11, 3, 12, tzinfo=UTC), project_id="monash", kind=NoticeKind.DISPATCH, key="",
    text="monash-ess1: stuck\r\nBcc: eve@example.net",
)  # fmt: skip
MESSAGE = Message(message_id=9, channel=Channel.EMAIL, address="max@example.org", attempts=0, notice=NOTICE)
PLACE = "Monash\r\nBcc: eve@example.net"


class Inbox:
    """A mail server's handler that keeps what it is given, and refuses one address."""

    def __init__(self) -> None:
        self.kept: list[tuple[list[str], bytes]] = []

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: object, address: str, _options: object
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:
        self.kept.append((list(envelope.rcpt_tos), envelope.content))  # type: ignore[attr-defined]
        return "250 taken"


def let_in(_server: object, _session: object, _envelope: object, _mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=given.login == b"bot" and given.password == b"canary s@cret", handled=False)


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    """A server on a free port of this machine."""
    handler = Inbox()
    controller = Controller(
        handler, hostname="127.0.0.1", port=free_port(), authenticator=let_in, auth_require_tls=False
    )
    controller.start()
    yield handler, controller.port
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sender(port: int, user: str = "", address: str = "https://energy.example.org/") -> SmtpSender:
    return SmtpSender(mail_server(f"smtp://{user}127.0.0.1:{port}"), "energy@example.org", lambda _id: PLACE, address)


def test_a_letter_arrives_with_what_happened_and_where_to_look(inbox: tuple[Inbox, int]) -> None:
    handler, port = inbox
    sender(port).send(MESSAGE)
    ((receivers, raw),) = handler.kept
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert receivers == ["max@example.org"] == [letter["To"]]
    assert (letter["From"], letter["Auto-Submitted"]) == ("energy@example.org", "auto-generated")
    assert letter["Message-ID"] == "<notice-7-9-20261103120000@example.org>"
    text = letter.get_content()
    assert "Since 2026-11-03 12:00 UTC." in text
    assert "Take care of it: https://energy.example.org/p/monash/notices" in text.splitlines()


def test_no_name_and_no_text_from_outside_becomes_a_header(inbox: tuple[Inbox, int]) -> None:
    handler, port = inbox
    sender(port).send(MESSAGE)
    letter = email.message_from_bytes(handler.kept[0][1], policy=email.policy.default)
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Dispatch failed: Monash  Bcc: eve@example.net"


def test_a_user_with_a_password_is_let_in(inbox: tuple[Inbox, int]) -> None:
    handler, port = inbox
    sender(port, "bot:canary%20s%40cret@").send(MESSAGE)
    assert len(handler.kept) == 1


def test_a_wrong_password_is_said_without_it(inbox: tuple[Inbox, int]) -> None:
    with pytest.raises(NotDelivered, match=r"^127\.0\.0\.1 refused our user: 535\.$") as caught:
        sender(inbox[1], "bot:canary@").send(MESSAGE)
    assert "canary" not in repr(caught.value)


def test_an_address_that_is_refused_is_named(inbox: tuple[Inbox, int]) -> None:
    with pytest.raises(NotDelivered, match="refused the address nobody@example"):
        sender(inbox[1]).send(replace(MESSAGE, address="nobody@example.org"))


def test_a_server_that_is_away_is_one_sentence() -> None:
    with pytest.raises(NotDelivered, match=r"^127\.0\.0\.1:\d+: ConnectionRefusedError\.$"):
        sender(free_port()).send(MESSAGE)


def test_without_the_address_of_the_app_there_is_no_link(inbox: tuple[Inbox, int]) -> None:
    sender(inbox[1], address="").send(MESSAGE)
    assert b"Take care" not in inbox[0].kept[0][1]


@pytest.mark.parametrize(
    ("url", "host", "port", "implicit", "local"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, False, False),
        ("smtps://mail.example.org:2465", "mail.example.org", 2465, True, False),
        ("smtp://localhost:25", "localhost", 25, False, True),
        ("smtp://[::1]:25", "::1", 25, False, True),
    ],
)
def test_a_url_says_which_server_and_whether_it_must_encrypt(
    url: str, host: str, port: int, implicit: bool, local: bool
) -> None:
    server = mail_server(url)
    assert (server.host, server.port, server.implicit_tls, server.local) == (host, port, implicit, local)


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://a", "smtp://", "smtp://a:b:c", "smtp://a/path", "smtp://a?x=1"]
)
def test_what_is_no_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="SMTP_URL"):
        mail_server(url)
    assert "canary" not in repr(mail_server("smtp://bot:canary@a"))
