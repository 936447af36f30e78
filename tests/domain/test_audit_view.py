"""What an address of the audit page says is read, written back, and whatever it says wrongly is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_app.domain.audit_view import LONGEST, AuditView, Kind, parse_audit_view

days = st.none() | st.dates(date(2000, 1, 1), date(2199, 12, 31))
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST).map(str.strip)


@st.composite
def views(draw: st.DrawFn) -> AuditView:
    first, last = draw(days), draw(days)
    return AuditView(
        kind=draw(st.sampled_from(Kind)),
        who=draw(names),
        first=min(first, last) if first and last else first,
        last=max(first, last) if first and last else last,
        everywhere=draw(st.booleans()),
        below=draw(st.none() | st.integers(1, 10**15 - 1)),
    )


@given(views())
def test_every_view_comes_back_from_its_address(view: AuditView) -> None:
    assert parse_audit_view(view.search()) == view


@given(st.text())
def test_no_address_fails(search: str) -> None:
    parse_audit_view(search)


@pytest.mark.parametrize(
    ("search", "faults"),
    [
        ("?what=everything", (("what", "everything"),)),
        ("?since=yesterday&until=2026-13-01", (("since", "yesterday"), ("until", "2026-13-01"))),
        ("?since=2026-11-03&until=2026-11-02", (("until", "2026-11-02"),)),
        ("?project=b071", (("project", "b071"),)),
        ("?below=-1", (("below", "-1"),)),
        ("?below=%D9%A3", (("below", "٣"),)),
        ("?what=" + "x" * 500, (("what", "x" * 80),)),
    ],
)
def test_what_is_wrong_falls_back_and_is_named(search: str, faults: tuple[tuple[str, str], ...]) -> None:
    view = parse_audit_view(search)
    assert view.faults == faults
    assert not view.filtered or view.first == date(2026, 11, 3)


def test_days_are_whole_days_of_the_site() -> None:
    view = parse_audit_view("?since=2026-11-03&until=2026-11-04")
    query = view.query("monash", ["monash", "b071"], "max", ZoneInfo("Australia/Melbourne"), colleagues=False)
    assert query.since == datetime(2026, 11, 2, 13, tzinfo=UTC)
    assert query.until == datetime(2026, 11, 4, 13, tzinfo=UTC)
    assert query.projects == {"monash"}


def test_all_projects_are_those_of_the_person_and_no_others() -> None:
    query = parse_audit_view("?project=all").query(
        "monash", ["monash", "b071"], "max", ZoneInfo("UTC"), colleagues=True
    )
    assert (query.projects, query.person, query.colleagues) == ({"monash", "b071"}, "max", True)
