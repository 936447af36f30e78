"""Which part of the audit trail a page shows: read from its address, and written back into it. Pure.

What an address says wrongly falls back and is named in `faults`; nothing ever fails.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from dash_app.domain.audit import AuditQuery
from dash_app.domain.time import local_midnight
from dash_app.domain.view import ONE_DAY

LONGEST = 80


class Kind(StrEnum):
    """Kinds of rows that can be asked for."""

    ALL = ""
    DECISIONS = "decisions"
    DISPATCH = "dispatch"
    SIGN_IN = "sign-in"
    SETTINGS = "settings"
    REFUSED = "refused"


BEGINS: dict[Kind, tuple[str, ...]] = {
    Kind.ALL: (),
    Kind.DECISIONS: ("recommendation ", "stop", "recompute", "notice "),
    Kind.DISPATCH: ("order ", "device "),
    Kind.SIGN_IN: ("signed ", "sign-in ", "change of credentials", "credentials "),
    Kind.SETTINGS: ("setting ",),
    Kind.REFUSED: ("refused: ", "sign-in refused", "sign-in locked"),
}
"""How `what` begins in the rows of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """What an address asks for. `first` and `last` are local days, both shown whole; `everywhere` means all projects.

    `below` is the row below which the shown part begins; `faults` are pairs of a parameter and what stood there.
    """

    kind: Kind = Kind.ALL
    who: str = ""
    first: date | None = None
    last: date | None = None
    everywhere: bool = False
    below: int | None = None
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def filtered(self) -> bool:
        """Whether anything but the place in the list was chosen."""
        return replace(self, below=None, faults=()) != AuditView()

    def search(self) -> str:
        """Return the address' query of this view; '' is the default view.

        >>> AuditView(kind=Kind.SIGN_IN, who="ada", below=7).search()
        '?what=sign-in&who=ada&below=7'
        """
        parts = {
            "what": self.kind.value,
            "who": self.who,
            "since": self.first.isoformat() if self.first else "",
            "until": self.last.isoformat() if self.last else "",
            "project": "all" if self.everywhere else "",
            "below": str(self.below) if self.below else "",
        }
        given = {name: text for name, text in parts.items() if text}
        return f"?{urlencode(given)}" if given else ""

    def query(
        self, project_id: str, every: Collection[str], person: str, zone: ZoneInfo, *, colleagues: bool
    ) -> AuditQuery:
        """Return which rows these are, for a person with the projects `every` who looks at one of them."""
        return AuditQuery(
            projects=frozenset(every) if self.everywhere else frozenset({project_id}),
            person=person,
            colleagues=colleagues,
            who=self.who,
            begins=BEGINS[self.kind],
            since=local_midnight(self.first, zone) if self.first else None,
            until=local_midnight(self.last + ONE_DAY, zone) if self.last else None,
            before_row=self.below,
        )


def parse_audit_view(search: str) -> AuditView:
    """Return the view that an address asks for.

    >>> view = parse_audit_view("?what=nothing&since=2026-11-03&until=x&who=ada")
    >>> view.faults, view.first.isoformat(), view.who
    ((('what', 'nothing'), ('until', 'x')), '2026-11-03', 'ada')
    """
    given = dict(parse_qsl((search or "").removeprefix("?")))
    faults: list[tuple[str, str]] = []

    def fault(name: str) -> None:
        faults.append((name, given[name][:LONGEST]))

    kind = next((one for one in Kind if one.value == given.get("what", "")), None)
    if kind is None:
        fault("what")
    first, last = (_day(given.get(name, "")) for name in ("since", "until"))
    for name, day in (("since", first), ("until", last)):
        if given.get(name) and day is None:
            fault(name)
    if first and last and last < first:
        fault("until")
        last = None
    if given.get("project", "all") != "all":
        fault("project")
    below = given.get("below", "")
    if below and not _is_row(below):
        fault("below")
    return AuditView(
        kind=kind or Kind.ALL,
        who=given.get("who", "").strip()[:LONGEST],
        first=first,
        last=last,
        everywhere=given.get("project") == "all",
        below=int(below) if _is_row(below) else None,
        faults=tuple(faults),
    )


def _is_row(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 16


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < date(2200, 1, 1) else None
