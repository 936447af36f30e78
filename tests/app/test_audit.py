"""The audit page: who sees which rows, filters in the address, what changed, the chain, the file."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from dash_app.domain.audit_view import parse_audit_view
from dash_app.workflows.audit import Verification, verify_alone
from dash_app.workflows.audit_page import Verifier
from pages.audit import chosen, controls
from tests.app.building import ANALYST, MANAGER, VIEWER, Building, call, output_of, payload
from tests.app.decide_app import said
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON
from tests.fakes.store import FakeStore

PATH = "/p/monash/audit"
STRANGER = "eve@example.net"


@pytest.fixture
def known(building: Building) -> Building:
    """A building whose trail speaks of two projects, of nobody's, and of somebody who has nothing to do with it."""
    audit = building.store.audit
    audit.append(who=STRANGER, what="sign-in refused")
    audit.append(who="oda@example.org", what="signed in")
    audit.append(who="oda@example.org", what="stop", project_id="monash", detail="released")
    audit.append(who="planner", what="recommendation proposed", project_id="b071", detail="R-7", after="proposed")
    audit.append(who=MANAGER, what="recommendation approved", project_id="monash", before="proposed", after="approved")
    return building


def shown(building: Building, client: FlaskClient, part: str = "rows", search: str = "", path: str = PATH) -> str:
    """Return what a part of the page says."""
    body = payload(
        building.app,
        output_of(building.app, f"audit-{part}.children"),
        audit_address__pathname=path,
        audit_address__search=search,
    )
    answer = call(client, body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return said(answer.get_json()["response"][f"audit-{part}"]["children"])


def test_a_row_says_when_who_what_and_what_was_before(known: Building) -> None:
    text = shown(known, known.signed_in())
    assert "23:00:00 Tue 3\xa0Nov\xa02026" in text
    assert "max@example.org Plan approved" in " ".join(text.split())
    assert "Proposed → then Approved" in text
    assert known.store.audit.kept[4].chain[:12] in text and "R-7" not in text


def test_a_manager_sees_when_colleagues_of_the_project_signed_in_but_no_strangers(known: Building) -> None:
    text = shown(known, known.signed_in(MANAGER))
    assert "oda@example.org Signed in" in " ".join(text.split())
    assert STRANGER not in text


@pytest.mark.parametrize("email", [ANALYST, VIEWER])
def test_others_see_the_rows_of_the_project_and_their_own_sign_ins(known: Building, email: str) -> None:
    text = " ".join(shown(known, known.signed_in(email)).split())
    assert f"{email} Signed in" in text and "Plan approved" in text and "oda@example.org Stop" in text
    assert "oda@example.org Signed in" not in text and STRANGER not in text


def test_all_my_projects_are_mine_only(known: Building) -> None:
    assert "R-7" in shown(known, known.signed_in(MANAGER), search="?project=all")
    text = shown(known, known.signed_in(VIEWER), search="?project=all")
    assert "R-7" not in text and "Plan approved" in text


def test_somebody_elses_project_does_not_exist(known: Building) -> None:
    client = known.signed_in(VIEWER)
    body = payload(known.app, output_of(known.app, "audit-rows.children"), audit_address__pathname="/p/b071/audit")
    assert call(client, body).status_code == 404
    assert client.get("/p/b071/export/audit/rows.csv").status_code == 404


@pytest.mark.parametrize(
    ("search", "there", "gone"),
    [
        ("?what=decisions", "Plan approved", "Signed in"),
        ("?what=sign-in", "Signed in", "Plan approved"),
        ("?who=ODA", "oda@example.org", "max@example.org"),
        ("?since=2026-11-03&until=2026-11-03", "Plan approved", "No rows fit"),
        ("?until=2026-11-02", "No rows fit", "Plan approved"),
    ],
)
def test_a_filter_in_the_address_is_kept_to(known: Building, search: str, there: str, gone: str) -> None:
    text = shown(known, known.signed_in(), search=search)
    assert there in text and gone not in text


def test_what_the_address_says_wrongly_is_named(known: Building) -> None:
    text = shown(known, known.signed_in(), "notes", "?what=nonsense")
    assert text == "“nonsense” is not known for “what”. Showing without it."


def test_a_long_trail_comes_in_parts(known: Building) -> None:
    for number in range(60):
        known.store.audit.append(who=MANAGER, what="stop", project_id="monash", detail=f"no {number}.")
    client = known.signed_in()
    first = shown(known, client)
    assert "no 59." in first and "no 10." not in first and "Older" in first and "Newest" not in first
    second = shown(known, client, search="?below=17")
    assert "no 10." in second and "no 59." not in second and "Newest" in second and "Older" not in second


def test_a_choice_changes_the_address_and_leaves_the_place_in_the_list() -> None:
    assert (
        chosen("", "sign-in", " ada ", "2026-11-03", None, "all")
        == "?what=sign-in&who=ada&since=2026-11-03&project=all"
    )
    assert chosen("?what=sign-in&below=40", "sign-in", "", None, None, "here") == "?what=sign-in&below=40"
    assert chosen("?what=sign-in&below=40", "", "", None, None, "here") == ""
    assert chosen("", "made up", None, "x", "y", None) == ""


def test_the_filters_show_what_the_address_says() -> None:
    given = ("sign-in", "ada", "2026-11-03", None, "all")
    assert controls(parse_audit_view(chosen("", *given))) == given


def test_the_chain_is_said_to_be_whole_with_its_head(known: Building) -> None:
    text = shown(known, known.signed_in(), "chain")
    newest = known.store.audit.kept[-1]
    assert "Chain whole" in text and "Verified at 23:00:00" in text
    assert f"{newest.row_id}:{newest.chain}" in text and "no signed hash exported yet" in text


def test_a_changed_row_is_said(known: Building) -> None:
    known.store.audit.kept[1] = replace(known.store.audit.kept[1], who="nobody")
    text = shown(known, known.signed_in(), "chain")
    assert "Changed" in text and "Row 2 was changed after it was written." in text


def test_without_the_store_the_page_says_so(known: Building) -> None:
    client = known.signed_in()
    shown(known, client)  # the session is remembered for a moment
    real = known.store.audit._gate
    known.store.audit._gate = type(real)()
    known.store.audit._gate.broken = True
    assert "The audit trail cannot be read now" in shown(known, client)
    assert "Could not be verified now" in shown(known, client, "chain")


def test_the_file_holds_the_rows_that_are_shown_and_no_formulas(known: Building) -> None:
    known.store.audit.append(who="=1+1", what="stop", project_id="monash", detail="@SUM(A1)", before="-1", after="a,b")
    answer = known.signed_in().get("/p/monash/export/audit/rows.csv?what=decisions")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="monash-audit-rows-2026-11-03.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [(row["who"], row["what"]) for row in rows] == [
        ("oda@example.org", "stop"), (MANAGER, "recommendation approved"), ("'=1+1", "stop"),
    ]  # fmt: skip
    assert (rows[2]["detail"], rows[2]["before"], rows[2]["after"]) == ("'@SUM(A1)", "'-1", "a,b")
    assert rows[1]["hash"] == known.store.audit.kept[4].chain and rows[1]["row"] == "5"
    assert rows[1]["time_local"] == "2026-11-03T23:00:00.000+11:00"


def test_there_is_no_workbook_of_the_trail(known: Building) -> None:
    assert known.signed_in().get("/p/monash/export/audit/rows.xlsx").status_code == 404


def test_the_chain_is_walked_once_a_minute_for_everybody() -> None:
    clock, walks = FakeClock(NOON), []
    store = FakeStore(clock)

    def verify() -> Verification:
        walks.append(clock())
        return verify_alone(store.audit, clock)

    verifier = Verifier(verify, clock)
    assert verifier() is verifier()
    clock.advance(timedelta(minutes=1))
    verifier()
    assert len(walks) == 2
