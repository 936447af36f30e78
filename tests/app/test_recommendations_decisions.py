"""Decisions over the wire: what is asked, what the server refuses whatever the page showed, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.recommendation import Recommendation, State
from pages.recommendations_dialog import Act, asked_for
from tests.app.building import ANALYST, MANAGER, VIEWER, call
from tests.app.decide_app import OPERATOR, PATH, Decide, build_decide, fresh, request, said
from tests.fakes.hand_plan import hand_plan

DO = {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn", "stop": "stopped"}


@pytest.fixture
def decide() -> Decide:
    return build_decide(fresh(hand_plan()))


def newest(decide: Decide) -> Recommendation:
    return decide.store.recommendations.newest("monash")[0]


def state(decide: Decide) -> State:
    return newest(decide).state


def asked(decide: Decide, act: str, **changes: Any) -> dict[str, Any]:
    return asked_for(Act(act), newest(decide)).as_data() | changes


def post(
    decide: Decide,
    act: str,
    *,
    email: str = MANAGER,
    client: FlaskClient | None = None,
    path: str = PATH,
    **values: Any,
) -> Any:
    body = request(
        decide,
        f"{DO[act]}.data",
        f"do-{act}.n_clicks",
        **{f"do_{act}__n_clicks": 1},
        asked__data=values.get("asked") or asked(decide, act),
        address__pathname=path,
        reason_text__value=values.get("reason", ""),
    )
    return call(client or decide.signed_in(email), body)


def outcome(decide: Decide, act: str, **how: Any) -> tuple[bool, str]:
    answer = post(decide, act, **how)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    result = answer.get_json()["response"][f"recommendations-{DO[act]}"]["data"]
    return result["ok"], result["words"]


def question(decide: Decide, act: str, *, search: str = "", email: str = MANAGER) -> dict[str, Any]:
    clicks = {f"ask_{act}__n_clicks": 1}
    client = decide.signed_in(email)
    asking = call(client, request(decide, "asking.data", f"ask-{act}.n_clicks", **clicks)).get_json()["response"]
    kept = asking["recommendations-asking"]["data"]
    body = request(decide, "dialog.is_open", "asking.data", address__search=search, asking__data=kept)
    return dict(call(client, body).get_json()["response"])


def test_the_question_names_money_limits_steps_expiry_and_hash(decide: Decide) -> None:
    filled = question(decide, "approve")
    assert filled["recommendations-dialog"]["is_open"] is True
    assert filled["recommendations-question"]["children"] == "Approve R-1?"
    shown = said(filled["recommendations-subject"]["children"])
    for known in (
        "AUD\xa07.50 expected, AUD\xa010.00 without: saves AUD\xa02.50",
        "charge up to 75.0, discharge up to 75.0\xa0kW",
        "10 to 95\xa0%",
        "Mon 28\xa0Sep 13:42, in 12\xa0min",
        "Mon 28\xa0Sep 15:30",
        newest(decide).digest[:16],
        "Hold the grid at 0.0\xa0kW",
        "charge up to 20.0\xa0kW",
        "14:15",
    ):
        assert known in shown
    assert "14:30" not in shown  # the first four steps
    assert filled["recommendations-asked"]["data"] == asked(decide, "approve")
    hidden = {act: filled[f"recommendations-do-{act}"]["hidden"] for act in DO}
    assert hidden == {"approve": False, "reject": True, "withdraw": True, "stop": True}
    assert filled["recommendations-reason-frame"]["hidden"] is True


def test_a_rejection_asks_for_a_reason(decide: Decide) -> None:
    filled = question(decide, "reject")
    assert filled["recommendations-reason-frame"]["hidden"] is False
    assert filled["recommendations-reason-label"]["children"] == "Reason (needed)"
    assert outcome(decide, "reject", reason="  ") == (False, "Please give a reason: others will read it.")
    assert state(decide) is State.PROPOSED
    assert outcome(decide, "reject", reason=" The hall is used tonight. ") == (True, "R-1 is rejected.")
    assert decide.store.recommendations.transitions("monash-1")[-1].why == "The hall is used tonight."


def test_a_manager_approves_what_was_shown(decide: Decide) -> None:
    assert outcome(decide, "approve") == (True, "R-1 is approved, in force until Mon 28\xa0Sep 15:30.")
    assert state(decide) is State.APPROVED
    assert newest(decide).changed_by == MANAGER


def test_a_double_click_approves_once(decide: Decide) -> None:
    sent = asked(decide, "approve")
    client = decide.signed_in()
    answers = [outcome(decide, "approve", client=client, asked=sent) for _click in range(2)]
    assert [ok for ok, _words in answers] == [True, True]
    assert [row.after for row in decide.store.recommendations.transitions("monash-1")] == [
        State.PROPOSED,
        State.APPROVED,
    ]


@pytest.mark.parametrize("email", [ANALYST, VIEWER, OPERATOR])
@pytest.mark.parametrize("act", ["approve", "reject", "withdraw"])
def test_only_managers_decide_also_by_a_request_made_by_hand(decide: Decide, email: str, act: str) -> None:
    assert post(decide, act, email=email, reason="because").status_code == 403
    assert state(decide) is State.PROPOSED


@pytest.mark.parametrize("email", [ANALYST, VIEWER])
def test_only_operators_and_managers_stop(decide: Decide, email: str) -> None:
    assert post(decide, "stop", email=email).status_code == 403
    assert decide.link.asked == []


def test_a_stranger_decides_nothing(decide: Decide) -> None:
    assert post(decide, "approve", client=decide.app.server.test_client()).status_code == 401
    assert state(decide) is State.PROPOSED


def test_another_projects_address_is_not_found(decide: Decide) -> None:
    assert post(decide, "approve", path="/p/fontana1/recommendations").status_code == 404
    assert post(decide, "approve", path="/projects").status_code == 403
    assert state(decide) is State.PROPOSED


def test_a_role_that_was_taken_away_at_the_api_no_longer_approves(decide: Decide) -> None:
    client = decide.signed_in()
    password, (project,) = decide.api.people[MANAGER]
    decide.api.people[MANAGER] = (password, (replace(project, roles=frozenset()),))
    assert outcome(decide, "approve", client=client) == (False, "Only managers can approve.")
    assert state(decide) is State.PROPOSED


def test_another_version_or_hash_is_refused_with_who_and_when(decide: Decide) -> None:
    sent = asked(decide, "approve")
    other = outcome(decide, "approve", asked=sent | {"digest": "00" * 32})
    assert other == (False, "R-1 is proposed since 2020-09-28 03:30 UTC, by planner@example.org.")
    assert outcome(decide, "reject", reason="no") == (True, "R-1 is rejected.")
    ok, words = outcome(decide, "approve", asked=sent)
    assert not ok
    assert words.startswith("R-1 is rejected since ")
    assert words.endswith(f"by {MANAGER}.")


def test_an_expired_plan_is_refused_in_the_words_of_the_page(decide: Decide) -> None:
    client = decide.signed_in()
    decide.clock.advance(timedelta(minutes=13))
    assert outcome(decide, "approve", client=client) == (False, "This plan has expired.")


def test_a_plan_that_a_newer_one_contradicts_is_refused(decide: Decide) -> None:
    sent = asked(decide, "approve")
    decide.propose(fresh(hand_plan(notes=("newer",))))
    assert outcome(decide, "approve", asked=sent) == (False, "The situation changed. Review the new plan.")


def test_a_battery_that_cannot_follow_is_told_with_the_numbers(decide: Decide) -> None:
    decide.battery_reports(max_charge_kw=5.0)
    ok, words = outcome(decide, "approve")
    assert not ok
    assert words == (
        "The battery cannot follow this plan now: Battery 1 can charge 5.0 kW now; the plan needs 20.0 kW."
    )
    assert state(decide) is State.PROPOSED


def test_old_values_of_the_battery_approve_nothing(decide: Decide) -> None:
    client = decide.signed_in()
    decide.clock.advance(timedelta(seconds=90))
    assert outcome(decide, "approve", client=client) == (
        False,
        "Battery 1 reported 90 s ago: nothing can be approved on old values.",
    )


def test_a_server_that_cannot_name_the_role_decides_nothing(decide: Decide) -> None:
    client = decide.signed_in()
    decide.api.fails = ApiUnavailable("refused")
    ok, words = outcome(decide, "approve", client=client)
    assert not ok
    assert "so nothing was decided" in words
    assert state(decide) is State.PROPOSED


@pytest.mark.parametrize(
    "sent", [{"act": "approve"}, "soup", {"act": "approve", "id": "x", "version": "y", "digest": 1}]
)
def test_what_no_dialog_of_ours_sent_is_refused(decide: Decide, sent: Any) -> None:
    ok, words = outcome(decide, "approve", asked=sent)
    assert not ok
    assert words == "There is no such recommendation."


def test_a_plan_is_withdrawn_before_its_first_order(decide: Decide) -> None:
    outcome(decide, "approve")
    assert question(decide, "withdraw")["recommendations-question"]["children"] == "Withdraw R-1?"
    assert outcome(decide, "withdraw", reason="too early") == (True, "R-1 is withdrawn.")
    assert state(decide) is State.WITHDRAWN


@pytest.mark.parametrize("email", [MANAGER, OPERATOR])
def test_a_stop_releases_the_battery_and_ends_the_plan(decide: Decide, email: str) -> None:
    outcome(decide, "approve")
    assert question(decide, "stop", email=email)["recommendations-question"]["children"].startswith("Stop R-1")
    words = "The battery follows its own rules. R-1 is stopped."
    assert outcome(decide, "stop", email=email) == (True, words)
    assert decide.link.asked == [("monash", email)]
    assert state(decide) is State.STOPPED


def test_a_release_that_nobody_confirmed_is_not_called_one(decide: Decide) -> None:
    outcome(decide, "approve")
    decide.link.answer = False
    ok, words = outcome(decide, "stop")
    assert ok
    assert words.startswith("The dispatcher did not confirm the release: check the plant.")


def test_buttons_that_only_came_with_new_cards_ask_nothing(decide: Decide) -> None:
    body = request(decide, "asking.data", "ask-approve.n_clicks")
    assert call(decide.signed_in(), body).get_json().get("response", {}) == {}


def after(decide: Decide, result: dict[str, Any]) -> dict[str, Any]:
    body = request(decide, "dialog.is_open", "approved.data", approved__data=result)
    return dict(call(decide.signed_in(), body).get_json()["response"])


def test_the_dialog_closes_after_a_decision_and_stays_open_with_the_reason_of_a_refusal(decide: Decide) -> None:
    done = after(decide, {"ok": True, "words": "R-1 is approved."})
    assert done["recommendations-dialog"]["is_open"] is False
    assert said(done["recommendations-outcome"]["children"]) == "R-1 is approved."
    refused = after(decide, {"ok": False, "words": "This plan has expired."})
    assert "recommendations-dialog" not in refused
    assert said(refused["recommendations-refusal"]["children"]) == "This plan has expired."
