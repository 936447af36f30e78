"""The recommendations page through the whole app: numbers by hand, states, roles' buttons, what an outage does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dash_app.domain.errors import ApiUnavailable, ApiUnreadable
from dash_app.domain.recommendation import State
from dash_app.domain.schedule import Objective
from tests.app.building import ANALYST, MANAGER, VIEWER, call
from tests.app.decide_app import OPERATOR, PATH, Decide, build_decide, fresh, request, said
from tests.fakes.campus import NOW, site
from tests.fakes.hand_plan import hand_plan

BOARD = "cards.children"


def ask(
    decide: Decide, part: str = BOARD, email: str = MANAGER, path: str = PATH, search: str = "", **values: Any
) -> Any:
    return call(
        decide.signed_in(email), request(decide, part, address__pathname=path, address__search=search, **values)
    )


def board(decide: Decide, **how: Any) -> dict[str, Any]:
    found = ask(decide, **how)
    assert found.status_code == 200, found.get_data(as_text=True)
    return dict(found.get_json()["response"])


def text(filled: dict[str, Any], name: str) -> str:
    return said(filled[f"recommendations-{name}"]["children"])


@pytest.fixture(scope="module")
def built() -> Decide:
    return build_decide(fresh(hand_plan()), place=replace(site(), has_co2=True))


def test_the_comparison_shows_the_three_ways_and_the_saving(built: Decide) -> None:
    shown = text(board(built), "compare")
    for amount in ("AUD\xa010.00", "AUD\xa08.25", "AUD\xa07.50", "AUD\xa02.50", "AUD\xa00.75"):
        assert amount in shown
    assert "CO₂: 50\xa0kg without, 40\xa0kg with the plan (−10\xa0kg)" in shown
    assert "Cost until Mon 28\xa0Sep 15:30" in shown


def test_a_plan_that_costs_more_says_so_with_a_warning() -> None:
    dear = hand_plan()
    dear = replace(dear, expected=replace(dear.expected, cost=11.0, peak_import_kw=14.0, co2_kg=56.0))
    filled = board(build_decide(fresh(dear)))
    assert "AUD\xa0−1.00" in text(filled, "compare")
    assert "Costs more than doing nothing" in text(filled, "compare")
    assert "sb-badge-warning" in str(filled["recommendations-compare"])
    cards = text(filled, "cards")
    assert "+6\xa0kg CO₂" in cards
    assert "Peak +4.0\xa0kW" in cards
    assert str(filled["recommendations-cards"]).count("sb-badge-warning") == 3  # CO2, peak, and the expiry


def test_the_head_says_when_from_which_data_and_when_next(built: Decide) -> None:
    about = board(built)["recommendations-about"]["children"]
    assert about == "Computed 13:30 from data until 13:00, next at 13:45"


def test_co2_is_a_goal_only_where_there_is_co2(built: Decide) -> None:
    options = board(built)["recommendations-goal"]["options"]
    assert [option["disabled"] for option in options if "disabled" in option] == [False]
    without = board(build_decide(fresh(hand_plan())))["recommendations-goal"]["options"]
    assert without[1] == {"label": "Lowest CO₂: no CO₂ data for this project.", "value": "co2", "disabled": True}


def test_without_co2_the_comparison_says_why() -> None:
    plan = hand_plan()
    money = {name: replace(getattr(plan, name), co2_kg=None) for name in ("expected", "without_battery")}
    assert "No CO₂ data for this project." in text(board(build_decide(fresh(replace(plan, **money)))), "compare")


def test_the_card_says_what_why_until_when_and_that_the_battery_is_simulated(built: Decide) -> None:
    card = text(board(built), "cards")
    for known in (
        "R-1",
        "Expires in 12\xa0min",
        "Charge today 13:30 to 14:00, up to 20.0\xa0kW",
        "AUD\xa02.50",
        "0.1 cycles",
    ):
        assert known in card
    for known in ("One kWh stored costs AUD\xa00.12", "the battery follows its own rules now", "Simulated battery."):
        assert known in card


def test_a_plan_for_co2_puts_co2_first() -> None:
    card = text(board(build_decide(fresh(hand_plan(objective=Objective.CO2)))), "cards")
    assert "10\xa0kg" in card
    assert "CO₂ less, AUD\xa02.50 saved" in card


def test_the_newest_proposal_is_open_and_older_ones_are_links() -> None:
    decide = build_decide(fresh(hand_plan()))
    first = decide.store.recommendations.newest("monash")[0]
    decide.propose(fresh(hand_plan(notes=("newer",))), keep=(first.recommendation_id,))
    first_card, second_card = board(decide)["recommendations-cards"]["children"][:2]
    assert first_card["props"]["aria-current"] == "true"
    assert said(first_card).startswith("R-2")
    assert "?plan=1" in str(second_card)
    assert "aria-current" not in second_card["props"]
    picked = board(decide, search="?plan=1")["recommendations-cards"]["children"]
    assert [card["props"].get("aria-current") for card in picked[:2]] == [None, "true"]


def buttons(filled: dict[str, Any]) -> dict[str, bool]:
    """Return the buttons of the open card by their last word, and whether each is disabled."""
    found: dict[str, bool] = {}

    def look(node: Any) -> None:
        if isinstance(node, dict):
            props = node.get("props", {})
            if str(props.get("id", "")).startswith("recommendations-ask-"):
                found[props["id"].rsplit("-", 1)[1]] = bool(props.get("disabled"))
            look(props.get("children"))
        elif isinstance(node, list):
            for one in node:
                look(one)

    look(filled["recommendations-cards"]["children"])
    return found


@pytest.mark.parametrize("email", [ANALYST, VIEWER, OPERATOR])
def test_others_than_managers_see_why_they_cannot_approve(built: Decide, email: str) -> None:
    filled = board(built, email=email)
    assert buttons(filled) == {"approve": True}
    assert "Only managers can approve." in text(filled, "cards")


def test_a_manager_can_approve_and_reject(built: Decide) -> None:
    filled = board(built)
    assert buttons(filled) == {"approve": False, "reject": False}
    assert str(filled["recommendations-cards"]).count("btn-primary") == 1


def test_an_expired_plan_cannot_be_approved_and_says_so() -> None:
    filled = board(build_decide(fresh(hand_plan(), timedelta(seconds=-1))))
    assert buttons(filled) == {"approve": True}
    assert "This plan has expired." in text(filled, "cards")
    assert "Expired" in text(filled, "cards")


def test_a_superseded_plan_points_to_the_new_one() -> None:
    decide = build_decide(fresh(hand_plan()), fresh(hand_plan(notes=("newer",))))
    filled = board(decide, search="?plan=1")
    assert buttons(filled) == {"approve": True}
    assert "The situation changed. Review the new plan." in text(filled, "cards")
    assert "Earlier:" in text(board(decide), "cards")


def approved(decide: Decide) -> None:
    plan = decide.store.recommendations.newest("monash")[0]
    decide.store.recommendations.move(
        plan.recommendation_id, version=plan.version, digest=plan.digest, before=(State.PROPOSED,),
        after=State.APPROVED, who=MANAGER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("email", "offered"),
    [(MANAGER, {"withdraw": False, "stop": False}), (OPERATOR, {"stop": False}), (ANALYST, {}), (VIEWER, {})],
)
def test_a_plan_in_force_can_be_withdrawn_and_stopped_by_those_who_may(email: str, offered: dict[str, bool]) -> None:
    decide = build_decide(fresh(hand_plan()))
    approved(decide)
    filled = board(decide, email=email)
    assert buttons(filled) == offered
    assert f"Approved by {MANAGER}" in text(filled, "cards")


def test_a_new_plan_says_in_how_many_steps_it_differs_from_the_one_in_force() -> None:
    decide = build_decide(fresh(hand_plan()))
    approved(decide)
    first, *rest = hand_plan().steps
    decide.propose(fresh(hand_plan(steps=(replace(first, battery_kw=-10.0), *rest))))
    assert "Differs from R-1, in force, in 1 of 8 steps." in text(board(decide), "cards")


def test_a_plan_in_force_is_one_card_even_when_it_is_open() -> None:
    decide = build_decide(fresh(hand_plan()))
    approved(decide)
    assert str(board(decide, search="?plan=1")["recommendations-cards"]).count("'aria-label': 'R-1") == 1


def test_without_a_plan_the_page_says_when_the_next_one_comes() -> None:
    filled = board(build_decide())
    assert filled["recommendations-content"]["hidden"] is True
    assert "No recommendation yet. The next one is computed at 13:45." in text(filled, "nothing")
    assert filled["recommendations-about"]["children"] == "Nothing computed yet."


def test_without_a_battery_the_page_says_so() -> None:
    filled = board(build_decide(place=replace(site(), battery=None)))
    assert "No battery in this project." in text(filled, "nothing")
    assert filled["recommendations-content"]["hidden"] is True


def test_an_alarm_of_the_planner_is_told_in_its_words() -> None:
    decide = build_decide(fresh(hand_plan()))
    decide.store.alarms.raise_alarm("monash", "plan", "Reserve 60 % by 06:00 cannot be met at 20 kW; 52 % is possible.")
    assert "No new plan since 13:30: Reserve 60 % by 06:00 cannot be met" in text(board(decide), "strips")


def test_what_the_address_asks_for_and_nobody_knows_is_named(built: Decide) -> None:
    filled = board(built, search="?plan=99&tab=soup")
    assert "Not known here: tab=soup, R-99." in text(filled, "strips")
    assert said(filled["recommendations-cards"]["children"][0]).startswith("R-1")


def test_the_chart_is_drawn_with_what_was_measured(built: Decide) -> None:
    figure = board(built)["recommendations-plan-drawn"]["data"]["figure"]
    dashes = {(trace["meta"], trace["line"].get("dash")) for trace in figure["data"] if trace["mode"] == "lines"}
    assert ("load", "solid") in dashes  # measured
    assert ("load", "2px,3px") in dashes  # expected


@pytest.mark.parametrize("fault", [ApiUnavailable("refused"), ApiUnreadable("HTML")])
def test_while_the_server_is_down_the_plan_is_shown_without_measurements(fault: Exception) -> None:
    decide = build_decide(fresh(hand_plan()))
    decide.measurements.fails.append(fault)
    filled = board(decide)
    figure = filled["recommendations-plan-drawn"]["data"]["figure"]
    assert all(
        trace["line"].get("dash") != "solid" or trace["meta"] != "load" for trace in figure["data"] if "line" in trace
    )
    counting = filled["recommendations-outage"]["hidden"] is False
    assert counting == isinstance(fault, ApiUnavailable)
    if not counting:
        assert "The server sent an unreadable answer." in text(filled, "strips")
    assert "R-1" in text(filled, "cards")


def test_saved_measurements_are_labelled_with_their_age() -> None:
    decide = build_decide(fresh(hand_plan()))
    decide.measurements.saved_at = NOW - timedelta(minutes=22)
    assert "Showing saved data from 13:08." in text(board(decide), "strips")


def test_the_tabs_are_part_of_the_address(built: Decide) -> None:
    table = board(built, search="?tab=table")
    assert table["recommendations-chart-frame"]["hidden"] is True
    assert "recommendations-plan-drawn" not in table
    assert "Hold the grid at" in text(table, "tab-body")
    assert "download" in str(table["recommendations-tab-body"])
    current = [link for link in str(table["recommendations-tabs"]).split("'props'") if "aria-current" in link]
    assert len(current) == 1
    assert "Plan table" in current[0]


def test_inputs_show_age_hash_and_estimates(built: Decide) -> None:
    shown = text(board(built, search="?tab=inputs"), "tab-body")
    for known in ("Electricity demand", "Mon 28\xa0Sep 13:15", "15\xa0min", "ab" * 6, "known ahead", "50\xa0%"):
        assert known in shown
    assert "2 steps have an estimated price" in shown


def test_decisions_show_who_when_and_why() -> None:
    decide = build_decide(fresh(hand_plan()))
    plan = decide.store.recommendations.newest("monash")[0]
    decide.store.recommendations.move(
        plan.recommendation_id, version=1, digest=plan.digest, before=(State.PROPOSED,), after=State.REJECTED,
        who=MANAGER, why="The hall is used tonight.",
    )  # fmt: skip
    shown = text(board(decide, search="?plan=1&tab=decisions"), "tab-body")
    for known in ("Rejected", MANAGER, "The hall is used tonight.", "Proposed", "planner@example.org", "13:30"):
        assert known in shown


def test_a_tick_changes_nothing_while_nothing_changed_or_a_question_is_open() -> None:
    decide = build_decide(fresh(hand_plan()))
    seen = board(decide)["recommendations-seen"]["data"]
    body = request(decide, "cards.children", "tick.n_intervals", seen__data=seen)
    client = decide.signed_in()
    assert (
        call(client, body).status_code == 204
        or "recommendations-cards" not in call(client, body).get_json()["response"]
    )
    decide.clock.advance(timedelta(minutes=2))
    again = call(client, body).get_json()["response"]
    assert "Expires in 10\xa0min" in said(again["recommendations-cards"]["children"])
    body["state"] = [one | {"value": True} if one["property"] == "is_open" else one for one in body["state"]]
    assert (
        call(client, body).status_code == 204
        or "recommendations-cards" not in call(client, body).get_json()["response"]
    )


def test_another_persons_project_does_not_exist(built: Decide) -> None:
    assert ask(built, path="/p/fontana1/recommendations").status_code == 404
