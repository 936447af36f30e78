"""What the address of the recommendations page says: which plan is open, and which tab."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlencode

from components.words import _

PLAN, TAB = "plan", "tab"


class Tab(StrEnum):
    """What of the open plan is shown."""

    PLAN = "chart"
    WHY = "why"
    TABLE = "table"
    INPUTS = "inputs"
    DECISIONS = "decisions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The open plan's number (None: the one that waits) and the tab; `unknown` are values that nobody understands."""

    number: int | None = None
    tab: Tab = Tab.PLAN
    unknown: tuple[str, ...] = ()

    def query(self, *, number: int | None = None, tab: Tab | None = None) -> str:
        """Return the query of another plan or another tab; a plan that was not asked for by number stays so."""
        wanted = number if number is not None else self.number
        pairs = [(PLAN, str(wanted))] if wanted is not None else []
        chosen = tab or self.tab
        pairs += [(TAB, chosen.value)] if chosen is not Tab.PLAN else []
        return f"?{urlencode(pairs)}" if pairs else "?"


def parse_address(search: str | None) -> Address:
    """Return what a query asks for; what is not understood is named and left out.

    >>> parse_address("?plan=12&tab=table")
    Address(number=12, tab=<Tab.TABLE: 'table'>, unknown=())
    >>> parse_address("?tab=soup").unknown
    ('tab=soup',)
    """
    asked = {key: values[-1] for key, values in parse_qs((search or "").removeprefix("?")).items()}
    number, tab = asked.get(PLAN, ""), asked.get(TAB, Tab.PLAN.value)
    unknown = [f"{PLAN}={number}"] if number and not _is_number(number) else []
    unknown += [f"{TAB}={tab}"] if tab not in {one.value for one in Tab} else []
    return Address(
        number=int(number) if _is_number(number) else None,
        tab=Tab(tab) if tab in {one.value for one in Tab} else Tab.PLAN,
        unknown=tuple(unknown),
    )


def tab_names() -> dict[Tab, str]:
    """Return the tabs in their order."""
    return {
        Tab.PLAN: _("Plan"),
        Tab.WHY: _("Why"),
        Tab.TABLE: _("Plan table"),
        Tab.INPUTS: _("Inputs"),
        Tab.DECISIONS: _("Decisions"),
    }


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
