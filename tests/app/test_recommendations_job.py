"""Recompute: whose it is, what it returns, how it is watched and cancelled, and that its result stays its session's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_app.domain.errors import DecisionConflict
from dash_app.domain.jobs import JobState
from dash_app.domain.schedule import Objective
from services.store import open_store
from tests.app.building import ANALYST, MANAGER, SECRET, VIEWER, call
from tests.app.decide_app import PATH, Decide, build_decide, decide_with_jobs, fresh, request, said
from tests.fakes.hand_plan import hand_plan

Compute = Callable[[str, str, Objective], str]


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """Return the file into which the process of the job writes what it was given."""
    return tmp_path / "asked.json"


def in_background(tmp_path: Path, compute: Compute) -> Decide:
    return decide_with_jobs(tmp_path, compute, fresh(hand_plan()))


def note(asked: Path, session_id: str, project_id: str, objective: Objective) -> str:
    asked.write_text(json.dumps([session_id, project_id, objective.value]))
    return "monash-7"


def busy(*_given: Any) -> str:
    raise DecisionConflict("ada@example.org is computing already.")


def broken(*_given: Any) -> str:
    raise ValueError("secret detail")


@pytest.fixture
def decide(tmp_path: Path, asked: Path) -> Decide:
    return in_background(tmp_path, partial(note, asked))


def body_of(decide: Decide, path: str = PATH, goal: str = "cost") -> dict[str, Any]:
    clicked = {"clicked__data": {"at": "now", "before": ""}, "goal__value": goal, "address__pathname": path}
    return request(decide, "made.data", "clicked.data", **clicked)


def test_a_job_cannot_begin_before_the_click_is_kept(decide: Decide) -> None:
    """Else the job itself could be taken for the newest one before the click, and be waited for in vain."""
    begins = decide.app.callback_map["recommendations-made.data"]["inputs"]
    assert begins == [{"id": "recommendations-clicked", "property": "data"}]


def poll(client: FlaskClient, body: dict[str, Any], handles: dict[str, str], end_id: str = "") -> Any:
    query = {"cacheKey": handles["cacheKey"], "job": handles["job"]} | ({"endId": end_id} if end_id else {})
    return client.post("/_dash-update-component", json=body, query_string=query)


def result_of(client: FlaskClient, body: dict[str, Any], handles: dict[str, str], end_id: str = "") -> Any:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = poll(client, body, handles, end_id)
        if answer.status_code == 200 and "response" in (answer.get_json() or {}):
            return answer.get_json()
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def test_the_job_is_the_signed_in_persons_and_returns_only_an_id(decide: Decide, asked: Path) -> None:
    client, body = decide.signed_in(ANALYST), body_of(decide, goal="co2")
    handles = call(client, body).get_json()
    answer = result_of(client, body, handles)
    assert answer["response"] == {"recommendations-made": {"data": "monash-7"}}
    session_id, project_id, goal = json.loads(asked.read_text())
    shared = open_store(f"sqlite:///{asked.parent}/plans.db", secret_key=SECRET)
    whose = shared.sessions.get(session_id)
    assert whose is not None
    assert whose.person.email == ANALYST
    shared.close()
    assert (project_id, goal) == ("monash", "co2")


def test_a_poll_as_the_browser_sends_it_without_any_values_is_answered(decide: Decide, asked: Path) -> None:
    client = decide.signed_in(ANALYST)
    handles = call(client, body_of(decide)).get_json()
    bare = request(decide, "made.data", "clicked.data")
    assert result_of(client, bare, handles)["response"]["recommendations-made"]["data"] == "monash-7"
    assert poll(decide.signed_in(VIEWER), bare, handles).status_code == 403


def test_a_viewer_starts_nothing(decide: Decide, asked: Path) -> None:
    assert call(decide.signed_in(VIEWER), body_of(decide)).status_code == 403
    assert call(decide.app.server.test_client(), body_of(decide)).status_code == 401
    assert not asked.exists()


def test_another_persons_project_is_not_computed(decide: Decide, asked: Path) -> None:
    assert call(decide.signed_in(), body_of(decide, path="/p/fontana1/recommendations")).status_code == 404
    assert not asked.exists()


def load_of(client: FlaskClient) -> str:
    """Return the signed mark that every load of a page gets, as the browser echoes it."""
    page = client.get(PATH).get_data(as_text=True)
    config = json.loads(page.split('id="_dash-config" type="application/json">')[1].split("</script>")[0])
    return str(config["end_id"])


def wait_for_result(decide: Decide) -> None:
    """Wait until the job's result lies where polls fetch it."""
    kept = decide.app._background_manager.handle
    deadline = time.monotonic() + 20
    while "monash-7" not in [kept.get(key) for key in kept.iterkeys()]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_anothers_handles_give_nothing(decide: Decide) -> None:
    client, body = decide.signed_in(ANALYST), body_of(decide)
    mine = load_of(client)
    handles = client.post("/_dash-update-component", json=body, query_string={"endId": mine}).get_json()
    wait_for_result(decide)
    thief = decide.signed_in(MANAGER)
    guessed = {name: value[:-3] + "abc" for name, value in handles.items() if value}
    for stolen in (handles, guessed):
        for end_id in (load_of(thief), "", mine[:-3] + "abc"):
            assert "monash-7" not in poll(thief, body, stolen, end_id).get_data(as_text=True)
    assert poll(decide.app.server.test_client(), body, handles, mine).status_code == 401
    assert poll(decide.signed_in(VIEWER), body, handles, mine).status_code == 403
    assert result_of(client, body, handles, mine)["response"]["recommendations-made"]["data"] == "monash-7"


def test_a_refusal_that_is_known_returns_no_id_and_no_traceback(tmp_path: Path) -> None:
    decide = in_background(tmp_path, busy)
    client, body = decide.signed_in(), body_of(decide)
    answer = result_of(client, body, call(client, body).get_json())
    assert answer["response"] == {"recommendations-made": {"data": ""}}


def test_a_fault_of_ours_is_a_reference_and_no_traceback(tmp_path: Path) -> None:
    decide = in_background(tmp_path, broken)
    client, body = decide.signed_in(), body_of(decide)
    text = json.dumps(result_of(client, body, call(client, body).get_json()))
    assert "Something went wrong here. Ref" in text
    assert "secret detail" not in text


@pytest.fixture
def idle() -> Decide:
    return build_decide(fresh(hand_plan()))


def strip(decide: Decide, *, email: str = MANAGER, kept: Any = None) -> dict[str, Any]:
    body = request(decide, "job.hidden", clicked__data=kept)
    return dict(call(decide.signed_in(email), body).get_json()["response"])


def test_without_a_job_the_strip_is_hidden_and_nothing_is_polled(idle: Decide) -> None:
    shown = strip(idle)
    assert shown["recommendations-job"]["hidden"] is True
    assert shown["recommendations-job-tick"]["disabled"] is True
    assert shown["recommendations-recompute"]["disabled"] is False


def click(decide: Decide) -> dict[str, str]:
    body = request(decide, "clicked.data", "recompute.n_clicks", recompute__n_clicks=1)
    return dict(call(decide.signed_in(), body).get_json()["response"]["recommendations-clicked"]["data"])


def test_a_click_shows_at_once_that_something_begins(idle: Decide) -> None:
    kept = click(idle)
    shown = strip(idle, kept=kept)
    assert shown["recommendations-job"]["hidden"] is False
    assert shown["recommendations-job-words"]["children"] == "Starting the computation"
    assert shown["recommendations-recompute"]["disabled"] is True
    assert shown["recommendations-job-tick"]["disabled"] is False
    assert shown["recommendations-cancel"]["disabled"] is True
    job = idle.jobs.start("monash", MANAGER)
    idle.jobs.finish(job.job_id, JobState.DONE, result="monash-7")
    assert strip(idle, kept=kept)["recommendations-job"]["hidden"] is True


def test_a_reload_and_another_person_see_the_same_progress(idle: Decide) -> None:
    job = idle.jobs.start("monash", ANALYST)
    idle.jobs.advance(job.job_id, 0.6, "optimising")
    for email in (ANALYST, MANAGER):
        shown = strip(idle, email=email)
        assert shown["recommendations-job"]["hidden"] is False
        assert shown["recommendations-job-words"]["children"] == f"Optimising, 60\xa0%, for {ANALYST}"
        assert shown["recommendations-job-bar"]["value"] == "60"
        assert shown["recommendations-cancel"]["disabled"] is False
        assert shown["recommendations-job-tick"]["disabled"] is False


def cancel(decide: Decide, email: str) -> Any:
    body = request(decide, "cancelled.data", "cancel.n_clicks", cancel__n_clicks=1)
    return call(decide.signed_in(email), body)


def test_cancel_asks_the_job_to_end_and_is_not_a_viewers(idle: Decide) -> None:
    job = idle.jobs.start("monash", ANALYST)
    assert cancel(idle, VIEWER).status_code == 403
    assert idle.jobs.newest("monash").cancel_requested is False
    assert cancel(idle, MANAGER).get_json()["response"]["recommendations-cancelled"]["data"] == job.job_id
    assert idle.jobs.newest("monash").cancel_requested is True
    shown = strip(idle)
    assert shown["recommendations-job-words"]["children"] == "Cancelling"
    assert shown["recommendations-cancel"]["disabled"] is True


def test_the_end_of_a_job_is_told_in_words(idle: Decide) -> None:
    job = idle.jobs.start("monash", ANALYST)
    reason = "No plan keeps every limit. Smallest relaxation: soc_min by 0.08."
    idle.jobs.finish(job.job_id, JobState.FAILED, error=reason)
    shown = strip(idle)
    assert shown["recommendations-job"]["hidden"] is True
    assert said(shown["recommendations-ended"]["children"]) == f"No new plan: {reason}"
    job = idle.jobs.start("monash", ANALYST)
    idle.jobs.finish(job.job_id, JobState.CANCELLED)
    assert said(strip(idle)["recommendations-ended"]["children"]) == "The computation was cancelled. Nothing changed."
    job = idle.jobs.start("monash", ANALYST)
    idle.jobs.finish(job.job_id, JobState.DONE, result="monash-7")
    done = strip(idle)
    assert said(done["recommendations-ended"]["children"]) == ""
    assert done["recommendations-done"]["data"] == "monash-7"


def test_a_failure_of_long_ago_is_no_news(idle: Decide) -> None:
    job = idle.jobs.start("monash", ANALYST)
    idle.jobs.finish(job.job_id, JobState.FAILED, error="No plan.")
    idle.clock.advance(timedelta(minutes=16))
    assert said(strip(idle)["recommendations-ended"]["children"]) == ""


def test_a_click_whose_job_never_appears_says_so(idle: Decide) -> None:
    idle.jobs.finish(idle.jobs.start("monash", ANALYST).job_id, JobState.DONE, result="monash-6")
    kept = click(idle)
    assert strip(idle, kept=kept)["recommendations-job"]["hidden"] is False
    idle.clock.advance(timedelta(seconds=21))
    shown = strip(idle, kept=kept)
    assert said(shown["recommendations-ended"]["children"]) == "The computation did not start. Please try again."
    assert shown["recommendations-recompute"]["disabled"] is False


def test_who_may_not_recompute_sees_why(idle: Decide) -> None:
    shown = strip(idle, email=VIEWER)
    assert shown["recommendations-recompute"]["disabled"] is True
    words = "Only analysts, operators and managers can recompute."
    assert shown["recommendations-recompute-reason"]["children"] == words
