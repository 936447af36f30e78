"""The frame: navigation by project type and role, header, titles, faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from dash import html

from components.icons import Icon, icons_css
from components.shell import BRAND, NavLink, bottom_bar, initials, side_nav
from components.words import _, ngettext
from dash_app import faults, frame, navigation
from dash_app.app import PAGES, _offers
from dash_app.domain import errors
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.ports import Session
from dash_app.domain.project import ProjectType
from dash_app.domain.site import Site
from dash_app.routes import find_page
from dash_app.workflows.sign_in import sign_in
from tests.app.building import ANALYST, MANAGER, PASSWORD, VIEWER, Building, build, call, output_of, payload, text_of
from tests.fakes.payloads import a_payload

ALL_PATHS = {place.path for place in navigation.ENTRIES}


def session(building: Building, email: str = MANAGER) -> Session:
    known = building.workspace
    return sign_in(known.api, known.sessions, known.audit, known.measurements, email, PASSWORD)


def drawn(building: Building) -> frame.Frame:
    known = building.workspace
    return frame.Frame(
        who=lambda: session(building),
        sites=known.sites,
        measurements=known.measurements,
        recommendations=known.recommendations,
        clock=known.clock,
        demo=known.demo,
        pages=PAGES,
    )


def links(building: Building, email: str, project_id: str | None, pathname: str = "/projects") -> dict[str, NavLink]:
    who = session(building, email)
    project = who.project(project_id) if project_id else None
    site = building.workspace.sites.site_of(project_id) if project_id else None
    found = navigation.links(who, project, site, pathname, pages=ALL_PATHS, waiting=3)
    return {link.label: link for link in found}


def test_every_project_type_has_a_home(building: Building) -> None:
    assert set(navigation.NAVIGATION) == set(ProjectType)
    assert all(places[0] is navigation.HOME for places in navigation.NAVIGATION.values())


def test_the_navigation_of_a_pv_project_has_its_pages_and_what_waits(building: Building) -> None:
    found = links(building, MANAGER, "monash", "/p/monash/recommendations")
    assert list(found) == [
        "Project selection",
        "Overview",
        "Battery Energy System",
        "Consumer",
        "Energy flows",
        "Measurements",
        "Forecast",
        "Recommendations",
        "Live",
        "Notices",
        "Audit trail",
        "Data quality",
        "Account",
        "Status",
    ]
    assert found["Recommendations"].current
    assert not found["Overview"].current
    assert found["Recommendations"].badge == 3
    assert found["Live"].href == "/p/monash/live"
    assert {link.group for link in found.values()} == {"", "Monash campus", "See", "Decide", "Act", "Prove"}


def test_a_page_whose_asset_is_missing_says_so(building: Building) -> None:
    found = links(building, MANAGER, "b071")
    assert found["Live"].reason == "No battery in this project"
    entry = text_of(side_nav(list(found.values())))
    assert "No battery in this project" in entry
    assert '"/p/b071/live"' not in entry


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (ProjectType.NORMAL, {"Measurements and Forecasts", "Efficiency"}),
        (ProjectType.ABNORMAL, {"Measurements and Forecasts", "Efficiency", "Production vs E-demand"}),
        (ProjectType.TEMPERATURE, {"Measurements and Forecasts", "Efficiency", "Temperature"}),
        (ProjectType.PV, {"Battery Energy System", "Consumer"}),
    ],
)
def test_each_project_type_has_the_pages_of_its_own(kind: ProjectType, own: set[str]) -> None:
    labels = [place.label for place in navigation.NAVIGATION[kind]]
    assert len(labels) == len(set(labels))
    assert own | {"Overview", "Energy flows", "Measurements", "Live", "Data quality"} <= set(labels)
    named = {"Measurements and Forecasts", "Efficiency", "Production vs E-demand", "Temperature"}
    assert named & set(labels) == named & own


def test_names_in_the_navigation_are_short_and_stand_for_one_place_each() -> None:
    labels = [place.label for place in navigation.ENTRIES]
    assert max(map(len, labels)) <= 26
    assert len(set(labels)) == len({place.path for place in navigation.ENTRIES}) == len(labels)


def test_what_a_site_lacks_is_the_reason_and_without_a_site_the_type_decides(building: Building) -> None:
    who = session(building)
    project, site = who.project("b071"), building.workspace.sites.site_of("b071")
    assert project is not None

    def reasons(kind: ProjectType, place: Site | None) -> dict[str, str]:
        found = navigation.links(who, replace(project, type=kind), place, "/", pages=ALL_PATHS, waiting=0)
        return {link.label: link.reason for link in found if link.reason}

    assert reasons(ProjectType.ABNORMAL, site)["Production vs E-demand"] == "No PV in this project"
    assert reasons(ProjectType.TEMPERATURE, site)["Temperature"] == "No weather in this project"
    assert "Temperature" not in reasons(ProjectType.TEMPERATURE, None)
    without_site = reasons(ProjectType.PV, None)
    assert "Battery Energy System" not in without_site
    assert without_site["Live"] == "No battery in this project"


def test_viewers_see_why_the_status_is_closed_to_them(building: Building) -> None:
    assert links(building, VIEWER, "monash")["Status"].reason == "Not open to viewers"
    assert links(building, ANALYST, "monash")["Status"].reason == ""


def test_only_pages_that_exist_are_entries(building: Building) -> None:
    who = session(building)
    found = navigation.links(who, None, None, "/projects", pages={"/projects"}, waiting=0)
    assert [link.label for link in found] == ["Project selection"]
    assert all(find_page(navigation.address(page.PATH, "monash"), PAGES).page is page for page in PAGES)


def test_the_phone_has_the_way_home_and_the_rest_behind_more(building: Building) -> None:
    bar = text_of(bottom_bar(list(links(building, MANAGER, "monash").values())))
    assert [word in bar for word in ("Home", "Flows", "Actions", "Live", "More")] == [True] * 5
    assert bar.index("Home") < bar.index("Flows") < bar.index("Actions") < bar.index("Live") < bar.index("More")
    outside = text_of(bottom_bar(list(links(building, MANAGER, None).values())))
    assert [word in outside for word in ("Projects", "Account", "Status", "More")] == [True, True, True, False]


def test_only_who_may_approve_is_told_that_something_waits(building: Building) -> None:
    building.store.recommendations.add(a_payload("monash"), by="planner")
    counted = {
        email: frame._waiting(drawn(building), session(building, email).project("monash"))
        for email in (MANAGER, ANALYST)
    }
    assert counted == {MANAGER: 1, ANALYST: 0}


def test_what_has_expired_does_not_wait(building: Building) -> None:
    stored = building.store.recommendations.add(a_payload("monash"), by="planner")
    building.clock.now = stored.payload.expires_at
    assert frame._waiting(drawn(building), session(building).project("monash")) == 0


def test_the_header_names_the_project_its_zone_and_the_others(building: Building) -> None:
    _nav, switcher, account, banner, _bottom = map(
        text_of, frame.frame_view(drawn(building), session(building), "/p/monash/")
    )
    assert "Monash campus" in switcher
    assert "PV with battery · AEDT" in switcher
    assert '"/p/fontana1/"' in switcher
    assert "Max" in account
    assert "Manager" in account
    assert "Demo: measured data replayed; the plant is simulated." in banner


def test_without_the_demo_there_is_no_banner(building: Building) -> None:
    real = replace(drawn(building), demo=False)
    assert frame.frame_view(real, session(building), "/projects")[3] == []


def test_the_freshness_says_how_old_the_newest_value_is(building: Building) -> None:
    words = text_of(frame.freshness_view(drawn(building), session(building), "/p/monash/"))
    assert "Live, 5\u00a0min ago" in words
    assert frame.freshness_view(drawn(building), session(building), "/projects") == []


def test_a_server_that_is_not_reached_is_said_in_the_header(building: Building) -> None:
    who = session(building)
    building.api.fails = ApiUnavailable("refused")
    assert "Server not reached" in text_of(frame.freshness_view(drawn(building), who, "/p/monash/"))


def test_the_title_names_page_and_project(building: Building) -> None:
    assert frame.page_view(drawn(building), session(building), "/p/monash/")[1] == "Overview · Monash campus"
    assert frame.page_view(drawn(building), session(building), "/projects/")[1] == "Project selection"
    assert frame.page_view(drawn(building), session(building), "/p/nobody/")[1] == "Not found"


def test_a_viewer_who_opens_the_status_is_told_who_may(building: Building) -> None:
    shown = text_of(frame.page_view(drawn(building), session(building, VIEWER), "/status")[0])
    assert "Not open to your role" in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_layout_needs_no_arguments_and_no_ports(page: Any) -> None:
    assert isinstance(page.layout(), html.Div)


def test_a_page_is_given_every_port_it_can_name(building: Building) -> None:
    offered = _offers(building.workspace, _Nobody())
    assert {"who", "require", "measurements", "sites", "recommendations", "clock", "api"} <= set(offered)


class _Nobody:
    who = None
    require = None


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(errors.ConfigError, match="SECRET_KEY"):
        build(secret_key="")


def test_a_fault_of_ours_is_a_reference_and_no_traceback(building: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    client = building.signed_in()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("canary-detail")

    building.measurements.live = broken
    answer = call(client, payload(building.app, output_of(building.app, "projects-rows.children")))
    said = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Something went wrong here. Ref " in said
    assert "canary-detail" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.ApiUnavailable("x"), "We cannot reach the server."),
        (errors.ApiUnreadable("x"), "The server sent an unreadable answer."),
        (errors.RateLimited("x", retry_after_s=40), "The server asks us to wait 40 s."),
        (errors.NotPermitted("x"), "Your role does not allow this."),
        (errors.NotFound("x"), "There is no such project or record."),
        (errors.StoreUnavailable("x"), "Nothing was saved: the plan store cannot be written."),
        (errors.DecisionConflict("Ada approved it at 13:40."), "Ada approved it at 13:40."),
        (KeyError("x"), None),
    ],
)
def test_what_people_can_act_on_has_words(error: Exception, words: str | None) -> None:
    assert faults.words_for(error) == words


def test_every_icon_is_in_the_sprite() -> None:
    sheet = icons_css()
    assert all(f".sb-icon-{name.value}{{" in sheet for name in Icon)
    assert "http" not in sheet.replace("http://www.w3.org/2000/svg", "")


def test_initials_come_from_first_and_last_name() -> None:
    assert [initials(name) for name in ("Anna Maria Keller", "ada", " ")] == ["AK", "A", "?"]


def test_words_work_with_and_without_an_app(building: Building) -> None:
    assert _("Sign in") == "Sign in"
    assert ngettext("%(num)d project", "%(num)d projects", 1) == "1 project"
    with building.app.server.test_request_context("/"):
        assert _("Wait %(s)d s.", s=4) == "Wait 4 s."
        assert ngettext("%(num)d project", "%(num)d projects", 2) == "2 projects"


def test_the_app_has_one_name() -> None:
    assert BRAND == "Energy DashBoard"
