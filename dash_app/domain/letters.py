"""A notice as others read it: the words of an e-mail and the fields of a webhook. Pure, in English, without secrets."""

from __future__ import annotations

import json
from urllib.parse import quote

from dash_app.domain.export import one_line
from dash_app.domain.notices import Message, Notice

BRAND = "Energy DashBoard"


def subject_of(notice: Notice, place: str) -> str:
    """Return the subject: what, and where, in one line whatever the place is called."""
    where = one_line(place) or BRAND
    return f"{notice.kind.value.capitalize()}: {where}"


def text_of(notice: Notice, place: str, address: str) -> str:
    """Return the text: what happened, when, and where to look."""
    lines = [
        f"{one_line(place) or BRAND}: {notice.kind.value}.",
        "",
        one_line(notice.text),
        "",
        f"Since {notice.at:%Y-%m-%d %H:%M} UTC.",
        *([f"Take care of it: {link_of(notice, address)}"] if address else []),
        "",
        "You get no further message about this while it lasts.",
    ]
    return "\n".join(lines) + "\n"


def json_of(message: Message, place: str, address: str) -> bytes:
    """Return the body of a webhook; `id` is the same in every attempt, so that a receiver can tell a repetition."""
    notice = message.notice
    facts = {
        "id": message.message_id,
        "kind": notice.kind.value,
        "project": notice.project_id,
        "place": place,
        "text": notice.text,
        "since": notice.at.isoformat(),
        "link": link_of(notice, address),
    }
    return json.dumps(facts, sort_keys=True).encode()


def link_of(notice: Notice, address: str) -> str:
    """Return where somebody can take care of it; '' where nobody knows the address of the app, or it has no project."""
    if not address:
        return ""
    page = f"/p/{quote(notice.project_id, safe='')}/notices" if notice.project_id else "/status"
    return address.rstrip("/") + page
