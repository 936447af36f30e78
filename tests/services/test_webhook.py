"""Webhooks to a real server on this machine: only where they may go, and never inside by a detour."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_app.domain.errors import ConfigError, NotDelivered
from dash_app.domain.notices import Channel, Message, Notice, NoticeKind
from services.webhook import WebhookSender, allowed_from, check_hook

AT = datetime(2026, 11, 3, 12, tzinfo=UTC)
NOTICE = Notice(notice_id=7, at=AT, project_id="monash", kind=NoticeKind.STOPPED, key="", text="é")
MESSAGE = Message(message_id=9, channel=Channel.WEBHOOK, address="", attempts=0, notice=NOTICE)
INSIDE = ("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.5.5", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
          "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
          "224.0.0.1", "ff02::1", "::", "255.255.255.255", "240.0.0.1")  # fmt: skip


@dataclass
class Receiver:
    """A server that keeps what is posted and answers `status`."""

    status: int = 204
    kept: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.kept.append((self.path, dict(self.headers), body))
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def sender(allow: str, secret: str = "", resolve: Callable[[str, int], list[str]] | None = None) -> WebhookSender:
    return WebhookSender(allowed_from(allow), secret, lambda _id: "Monash", "https://energy.example.org", resolve)


def to(url: str) -> Message:
    return replace(MESSAGE, address=url)


def test_a_message_arrives_as_json_signed_with_the_secret(receiver: Receiver) -> None:
    sender("127.0.0.1", "canary secret").send(to(receiver.url))
    ((path, headers, body),) = receiver.kept
    assert path == "/hook?a=1" and headers["Content-Type"] == "application/json"
    assert json.loads(body) == {
        "id": 9, "kind": "stopped", "project": "monash", "place": "Monash", "text": "é",
        "since": "2026-11-03T12:00:00+00:00", "link": "https://energy.example.org/p/monash/notices",
    }  # fmt: skip
    wanted = hmac.new(b"canary secret", body, hashlib.sha256).hexdigest()
    assert headers["X-Energy-Signature"] == f"sha256={wanted}"
    assert b"canary" not in body


def test_a_host_that_is_not_listed_is_not_even_looked_up(receiver: Receiver) -> None:
    def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("looked up")

    with pytest.raises(NotDelivered, match=r"hooks\.example\.org is not in WEBHOOK_ALLOW"):
        sender("example.org", resolve=never).send(to("https://hooks.example.org/"))
    with pytest.raises(NotDelivered, match="is not in WEBHOOK_ALLOW"):
        sender("example.org").send(to(receiver.url))
    assert receiver.kept == []


@pytest.mark.parametrize("address", INSIDE)
def test_a_host_that_leads_inside_is_never_connected_to(address: str) -> None:
    with pytest.raises(NotDelivered, match="leads to an address that is not public"):
        sender("hooks.example.org", resolve=lambda _host, _port: [address]).send(to("https://hooks.example.org/"))


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(receiver: Receiver) -> None:
    answers = iter([["127.0.0.1"], ["203.0.113.9"]])
    port = receiver.url.split(":")[2].split("/")[0]
    sender("hooks.example.org, 127.0.0.1", resolve=lambda _host, _port: next(answers)).send(
        to(f"http://hooks.example.org:{port}/hook")
    )
    assert receiver.kept[0][1]["Host"] == f"hooks.example.org:{port}"
    assert next(answers) == ["203.0.113.9"], "asked once"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(NotDelivered, match="a redirect, which is not followed"):
        sender("127.0.0.1").send(to(receiver.url))
    assert len(receiver.kept) == 1


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_anything_but_success_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(NotDelivered, match=f"status {status}"):
        sender("127.0.0.1").send(to(receiver.url))


def test_a_public_address_needs_encryption() -> None:
    with pytest.raises(NotDelivered, match="https is needed"):
        sender("hooks.example.org", resolve=lambda _host, _port: ["1.1.1.1"]).send(to("http://hooks.example.org/"))


def test_a_server_that_is_away_is_one_sentence_without_the_path(receiver: Receiver) -> None:
    with pytest.raises(NotDelivered, match=r"^127\.0\.0\.1: ConnectionRefusedError\.$"):
        sender("127.0.0.1").send(to("http://127.0.0.1:1/canary"))


def test_a_network_that_is_listed_may_be_reached() -> None:
    allowed = allowed_from("10.1.0.0/16, Hooks.Example.org, fd00::/8")
    assert allowed.host("10.1.255.1") and allowed.host("hooks.example.org") and allowed.host("fd00::7")
    assert not allowed.host("10.2.0.1") and not allowed.host("a.hooks.example.org")


@given(st.ip_addresses())
def test_nothing_that_is_not_public_may_be_reached_without_being_listed(address: object) -> None:
    allowed = allowed_from("hooks.example.org")
    if allowed.address(address):  # type: ignore[arg-type]
        assert address.is_global and not address.is_private and not address.is_loopback  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["*", "*.example.org", "https://example.org", "10.0.0.0/99", "a/b"])
def test_a_list_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="WEBHOOK_ALLOW"):
        allowed_from(text)


@pytest.mark.parametrize(
    "url", ["", "hooks.example.org", "ftp://hooks.example.org", "https://", "https://u:canary@hooks.example.org/",
            "https://hooks.example.org:x/", "https://other.example.org/canary"],
)  # fmt: skip
def test_an_address_that_could_never_work_is_refused_at_the_start_without_its_secrets(url: str) -> None:
    check_hook("https://hooks.example.org/a", allowed_from("hooks.example.org"))
    with pytest.raises(ConfigError) as caught:
        check_hook(url, allowed_from("hooks.example.org"))
    assert "canary" not in str(caught.value)
