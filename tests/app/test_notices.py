"""The bell and the notices page: who sees what, and what acknowledging does."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.notices import NoticeKind, Wanted
from dash_app.domain.project import Role
from pages.notices import notices_view
from tests.app.building import ANALYST, MANAGER, VIEWER, Building, build, call, output_of, payload
from tests.app.decide_app import said
from tests.fakes.api import FakeSites, session
from tests.fakes.campus import project, site
from tests.fakes.clock import FakeClock
from tests.fakes.notices import FakeNotices

PATH = "/p/monash/notices"
STUCK = Wanted(project_id="monash", kind=NoticeKind.DISPATCH, key="mismatch", text="monash-ess1: stuck")
WAITING = Wanted(project_id="monash", kind=NoticeKind.WAITING, key="", text="R-1 waits")
ELSEWHERE = Wanted(project_id="b071", kind=NoticeKind.NO_PLAN, key="plan", text="no meter")
OF_ALL = Wanted(project_id="", kind=NoticeKind.AUDIT, key="audit", text="changed at row 2")


@pytest.fixture
def told() -> tuple[Building, FakeNotices]:
    notices = FakeNotices(FakeClock())
    notices.update([STUCK, WAITING, ELSEWHERE, OF_ALL], lambda _wanted: [])
    return build(notices=notices), notices


def shown(building: Building, client: FlaskClient, part: str, **values: Any) -> str:
    """Return what a part of the page says."""
    body = payload(building.app, output_of(building.app, f"{part}.children"), **values)
    body["inputs"] = [[] if isinstance(one["id"], str) and one["id"].startswith("{") else one for one in body["inputs"]]
    answer = call(client, body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return " ".join(said(answer.get_json()["response"][part]["children"]).split())


def click(building: Building, client: FlaskClient, index: int) -> Any:
    """Press one Acknowledge button as the browser does."""
    body = payload(building.app, output_of(building.app, "notices-rows.children"), notices_address__pathname=PATH)
    button = {"index": index, "type": "notice-acknowledge"}
    body["inputs"][1] = [{"id": button, "property": "n_clicks", "value": 1}]
    body["changedPropIds"] = [f'{{"index":{index},"type":"notice-acknowledge"}}.n_clicks']
    return call(client, body)


def test_the_bell_counts_what_waits_in_this_project(told: tuple[Building, FakeNotices]) -> None:
    building, notices = told
    client = building.signed_in(ANALYST)
    assert shown(building, client, "shell-bell", shell_url__pathname="/p/monash/live") == "2"
    assert shown(building, client, "shell-bell", shell_url__pathname="/p/b071/") == "1"
    assert shown(building, client, "shell-bell", shell_url__pathname="/projects") == ""
    notices.update([], lambda _wanted: [])
    assert shown(building, client, "shell-bell", shell_url__pathname="/p/monash/live") == ""


def test_managers_also_see_what_concerns_the_installation(told: tuple[Building, FakeNotices]) -> None:
    building, _notices = told
    assert shown(building, building.signed_in(MANAGER), "shell-bell", shell_url__pathname=PATH) == "3"
    text = shown(building, building.signed_in(MANAGER), "notices-rows", notices_address__pathname=PATH)
    assert "The audit trail was changed" in text and "no meter" not in text


def test_the_page_says_what_lasts_and_what_is_over(told: tuple[Building, FakeNotices]) -> None:
    building, notices = told
    notices.update([STUCK], lambda _wanted: [])
    text = shown(building, building.signed_in(ANALYST), "notices-rows", notices_address__pathname=PATH)
    assert "Dispatch failed monash-ess1: stuck Lasts Acknowledge" in text
    assert "A plan waits for a decision R-1 waits Over since Tue 3 Nov 23:00 –" in text


def test_acknowledging_says_who_takes_care_and_quiets_the_bell(told: tuple[Building, FakeNotices]) -> None:
    building, notices = told
    client = building.signed_in(ANALYST)
    assert click(building, client, 1).status_code == 200
    assert notices.kept[0].acknowledged_by == ANALYST
    assert f"{ANALYST}, Tue 3 Nov 23:00" in shown(building, client, "notices-rows", notices_address__pathname=PATH)
    assert shown(building, client, "shell-bell", shell_url__pathname=PATH) == "1"


def test_a_viewer_sees_why_there_is_no_button_and_cannot_press_it_by_hand(told: tuple[Building, FakeNotices]) -> None:
    building, notices = told
    client = building.signed_in(VIEWER)
    assert "Viewers cannot acknowledge." in shown(building, client, "notices-rows", notices_address__pathname=PATH)
    click(building, client, 1)
    click(building, client, 3)
    assert [one.acknowledged_at for one in notices.kept] == [None] * 4


def test_without_notices_there_is_nothing_to_tell(building: Building) -> None:
    text = shown(building, building.signed_in(), "notices-rows", notices_address__pathname=PATH)
    assert text == "Newest first Nothing to tell."


def test_without_the_store_the_page_says_so() -> None:
    class Down(FakeNotices):
        def newest(self, *_given: Any, **_more: Any) -> Any:
            raise StoreUnavailable("no disk")

    head, body = notices_view(Down(FakeClock()), FakeSites(site()), session("u1", project(Role.MANAGER)), PATH)
    assert "The notices cannot be read now: no disk" in str(body) and head is not None
