"""The guard: every probe of a stranger, of a person with another role, and of another site."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from dash import Dash
from flask import Flask

from dash_app.auth import Guard
from dash_app.domain.project import Right
from tests.app.building import ANALYST, MANAGER, VIEWER, Building, build, call, output_of, payload

ROWS = "projects-rows.children"
CONTENT = "shell-content.children"
STATUS = "status-body.children"


def body_of(building: Building, part: str, **values: Any) -> dict[str, Any]:
    return payload(building.app, output_of(building.app, part), **values)


def renamed(body: dict[str, Any]) -> dict[str, Any]:
    first = {**body["inputs"][0], "property": "pathname", "value": "/login"}
    return {**body, "inputs": [first, *body["inputs"][1:]]}


def swapped(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "inputs": list(reversed(body["inputs"]))}


def with_extra(body: dict[str, Any]) -> dict[str, Any]:
    extra = {"id": "shell-url", "property": "pathname", "value": "/login"}
    return {**body, "inputs": [*body["inputs"], extra]}


def without_inputs(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "inputs": []}


def with_state(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "state": [{"id": "shell-url", "property": "pathname", "value": "/login"}]}


def unknown(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "output": "nothing.children", "outputs": {"id": "nothing", "property": "children"}}


def other_outputs(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "outputs": [{"id": "shell-exit", "property": "href"}]}


def public_output(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "output": "shell-title-set.children"}


def a_list_for_one(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "inputs": [[one] for one in body["inputs"]]}


PROBES = [
    renamed, with_extra, without_inputs, with_state, unknown, other_outputs, public_output, a_list_for_one,
]  # fmt: skip


@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "signed in"])
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_a_payload_of_another_shape_is_refused(building: Building, probe: Any, signed_in: bool) -> None:
    client = building.signed_in() if signed_in else building.client()
    answer = call(client, probe(body_of(building, ROWS)))
    assert answer.status_code == 400
    assert "Monash" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("signed_in", [False, True], ids=["stranger", "signed in"])
def test_swapped_inputs_are_refused(building: Building, signed_in: bool) -> None:
    client = building.signed_in() if signed_in else building.client()
    body = body_of(building, "shell-freshness.children", shell_url__pathname="/p/monash/")
    assert call(client, swapped(body)).status_code == 400


@pytest.mark.parametrize("body", [[], "text", 7, {}, {"output": 7}, {"output": "x", "inputs": 3}])
def test_a_body_that_is_no_payload_is_refused(building: Building, body: Any) -> None:
    assert call(building.signed_in(), body).status_code == 400


def test_a_body_that_is_no_json_is_refused(building: Building) -> None:
    client = building.signed_in()
    for text in ("{", "null", ""):
        answer = client.post("/_dash-update-component", data=text, content_type="application/json")
        assert answer.status_code == 400


@pytest.mark.parametrize("part", [ROWS, CONTENT, STATUS, "shell-nav.children", "overview-kpis.children"])
def test_a_stranger_gets_nothing_from_any_callback(building: Building, part: str) -> None:
    found = [key for key in building.app.callback_map if part in key]
    for output in found or list(building.app.callback_map):
        if "callback" in building.app.callback_map[output]:
            answer = call(building.client(), payload(building.app, output))
            assert answer.status_code == 401
            assert answer.get_json() == {"error": "Please sign in."}


@pytest.mark.parametrize(
    "path",
    [
        "/_dash-layout", "/_dash-dependencies", "/_reload-hash", "/_favicon.ico", "/assets/../setup.cfg",
        "/assets/%2e%2e/setup.cfg", "/assets/clientside.js", "/assets/..%2fsetup.cfg", "/vendor/../x",
        "/_dash-component-suites/dash/dcc/dash_core_components.js", "/_dash-layout?x=/login",
    ],
)  # fmt: skip
def test_a_stranger_gets_no_machinery(building: Building, path: str) -> None:
    answer = building.client().get(path)
    assert answer.status_code in {401, 400, 404}
    assert b"install_requires" not in answer.data


@pytest.mark.parametrize("path", ["/", "/projects", "/p/monash/", "/p/nobody/live", "/status", "/login/../projects"])
def test_a_stranger_is_shown_the_way_to_sign_in(building: Building, path: str) -> None:
    answer = building.client().get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_the_way_back_is_kept(building: Building) -> None:
    assert building.client().get("/p/monash/?range=day").location == "/login?next=/p/monash/%3Frange%3Dday"


def test_starting_and_polling_a_background_job_needs_a_session(building: Building) -> None:
    body = body_of(building, ROWS)
    for query in ("", "?cacheKey=abc~def&job=4711~aa", "?cancelJob=4711"):
        assert building.client().post(f"/_dash-update-component{query}", json=body).status_code == 401


def test_another_site_is_refused_whatever_it_sends(building: Building) -> None:
    client = building.signed_in()
    body = body_of(building, ROWS)
    for origin in ("https://evil.example", "http://localhost.evil.example", "null", "https://localhost"):
        assert call(client, body, Origin=origin).status_code == 403
        assert client.post("/logout", headers={"Origin": origin}).status_code == 403
        assert client.post("/login", headers={"Origin": origin}).status_code == 403
    assert call(client, body, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert call(client, body, Origin="http://localhost").status_code == 200


def test_a_form_cannot_pose_as_a_callback(building: Building) -> None:
    client = building.signed_in()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = client.post("/_dash-update-component", data="{}", content_type=kind)
        assert answer.status_code == 415


def test_a_host_name_that_is_not_ours_is_refused(building: Building) -> None:
    assert building.client().get("/login", headers={"Host": "evil.example"}).status_code == 400
    assert building.client().get("/login", headers={"Host": "127.0.0.1:8050"}).status_code == 200


def test_a_forwarded_host_is_not_believed() -> None:
    served = build(public_url="https://energy.example", host="0.0.0.0")
    client = served.client()
    answer = client.get("/projects", base_url="https://energy.example", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in answer.location
    mine = client.post("/logout", base_url="https://energy.example", headers={"Origin": "https://energy.example"})
    foreign = client.post(
        "/logout",
        base_url="https://energy.example",
        headers={"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert (mine.status_code, foreign.status_code) == (303, 403)


def test_a_link_from_elsewhere_is_opened_again_from_our_own_site(building: Building) -> None:
    away = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = building.client().get("/p/monash/?range=day", headers=away)
    assert answer.status_code == 200
    assert 'content="0;url=/p/monash/?range=day"' in answer.get_data(as_text=True)
    again = building.client().get("/p/monash/?range=day", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 302


def test_an_ended_session_leaves_the_page_and_gets_no_data(building: Building) -> None:
    client = building.signed_in()
    building.clock.advance(timedelta(hours=13))
    for query in ("", "?cacheKey=abc~def&job=4711~aa"):
        answer = client.post(
            f"/_dash-update-component{query}",
            json=body_of(building, ROWS),
            headers={"Referer": "http://localhost/p/monash/live?x=1"},
        )
        assert answer.status_code == 200
        assert answer.get_json() == {
            "multi": True,
            "response": {},
            "sideUpdate": {"shell-exit": {"href": "/login?next=/p/monash/live%3Fx%3D1&ended=1"}},
        }


def test_a_forged_cookie_is_a_strangers(building: Building) -> None:
    client = building.client()
    client.set_cookie("energy", "eyJzaWQiOiJzZXNzaW9uLTEifQ.awMeNQ.NGsrCctAqCforgedforgedforge")
    assert call(client, body_of(building, ROWS)).status_code == 401


def test_each_person_sees_their_own_projects_only(building: Building) -> None:
    seen = call(building.signed_in(VIEWER), body_of(building, ROWS)).get_data(as_text=True)
    assert "Monash campus" in seen
    assert "Fontana" not in seen
    assert "Cambridge" not in seen


@pytest.mark.parametrize("project_id", ["fontana1", "nobody", "b071", "%66ontana1"])
def test_another_persons_project_does_not_exist(building: Building, project_id: str) -> None:
    client = building.signed_in(VIEWER)
    assert client.get(f"/p/{project_id}/").status_code == 404
    shown = call(client, body_of(building, CONTENT, shell_url__pathname=f"/p/{project_id}/")).get_data(as_text=True)
    assert "Not found" in shown
    assert "Fontana" not in shown


def test_callbacks_of_pages_answer_404_for_another_persons_project(building: Building) -> None:
    client = building.signed_in(VIEWER)
    strict = [
        output
        for output, declared in building.app.callback_map.items()
        if "callback" in declared
        and "shell-" not in output
        and any(one["property"] == "pathname" for one in declared["inputs"] + declared["state"])
    ]
    assert strict
    for output in strict:
        body = payload(building.app, output)
        body["inputs"] = [[] if '["ALL"]' in str(entry["id"]) else entry for entry in body["inputs"]]
        for entry in body["inputs"] + body["state"]:
            if entry and entry["property"] == "pathname":
                entry["value"] = "/p/fontana1/"
        assert call(client, body).status_code == 404


def test_an_unknown_page_is_not_found(building: Building) -> None:
    client = building.signed_in()
    assert client.get("/nonsense").status_code == 404
    assert client.get("/p/monash/nonsense").status_code == 404
    assert client.get("/p/monash/").status_code == 200


def test_a_role_without_the_right_cannot_run_a_callback_by_hand(building: Building) -> None:
    body = body_of(building, STATUS)
    assert call(building.signed_in(VIEWER), body).status_code == 403
    assert call(building.signed_in(ANALYST), body).status_code == 200
    assert call(building.signed_in(MANAGER), body).status_code == 200


def test_a_right_on_a_component_that_nothing_writes_is_an_error(building: Building) -> None:
    app = Dash("another", server=Flask("another"))
    guard = Guard(app, session_of=building.store.sessions.get, public=())
    guard.require(Right.APPROVE, "no-such-component")
    with pytest.raises(ValueError, match="no-such-component"):
        guard.check_table()


def test_the_index_holds_no_data_and_asks_nobody_else(building: Building) -> None:
    page = building.signed_in().get("/projects").get_data(as_text=True)
    assert "Monash" not in page
    assert MANAGER not in page
    assert "http://" not in page
    assert "https://" not in page.replace("https://dash-version.plotly.com:8080/current_version", "")


def test_the_layout_holds_no_data(building: Building) -> None:
    layout = building.signed_in().get("/_dash-layout").get_data(as_text=True)
    assert "Monash" not in layout
    assert MANAGER not in layout


def test_every_answer_carries_the_security_headers(building: Building) -> None:
    for path in ("/login", "/healthz", "/projects", "/assets/login.css", "/nonsense"):
        headers = building.client().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_https_is_remembered_where_people_use_it() -> None:
    served = build(public_url="https://energy.example")
    headers = served.client().get("/login", base_url="https://energy.example").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_fingerprinted_files_are_kept_for_a_year_and_everything_personal_is_not(building: Building) -> None:
    client = building.signed_in()
    page = client.get("/login").get_data(as_text=True)
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(sheet).headers["Cache-Control"]
    assert client.get("/projects").headers["Cache-Control"] == "no-store"
    assert call(client, body_of(building, ROWS)).headers["Cache-Control"] == "no-store"


def test_answers_are_compressed(building: Building) -> None:
    answer = building.client().get("/vendor/bootstrap.css", headers={"Accept-Encoding": "zstd, br, gzip"})
    assert answer.headers["Content-Encoding"] == "zstd"
    assert len(answer.data) < 60_000


def test_health_and_readiness_are_public_and_say_nothing_else(building: Building) -> None:
    client = building.client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ready"}
    building.store.broken = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "not ready")


def test_figures_are_for_this_machine_only(building: Building) -> None:
    client = building.client()
    assert b"energy_requests_total" in client.get("/metrics").data
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.7"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_a_store_that_cannot_be_read_is_said_and_shows_nothing(building: Building) -> None:
    client = building.signed_in()
    building.store.broken = True
    assert call(client, body_of(building, ROWS)).status_code == 503


def test_debug_tools_are_off(building: Building) -> None:
    assert not building.app._dev_tools.ui
    assert not building.app.server.debug
