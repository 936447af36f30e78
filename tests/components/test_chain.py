"""The chain as a table: icon and word in every cell, the present slot selected, the ledger's reasons in full."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dash.development.base_component import Component

from components.chain import ICONS, SPOKEN, WORDS, battery_words, chain_table, setpoint_words
from dash_app.domain.chain import Link, Mark, Word
from dash_app.domain.dispatch import Stage
from dash_app.domain.recommendation import State
from dash_app.domain.schedule import Intent
from tests.components.test_parts import words
from tests.domain.test_chain import AFTER, BEFORE, MIDDLE, STEP, WELL, rows, slot
from tests.fakes.value_tables import a_table

UTC = ZoneInfo("UTC")


def cells(found: Any, now: datetime = MIDDLE, *, may_approve: bool = False) -> dict[str, Component]:
    """Return the cells of the one slot by the name of their link."""
    table = chain_table([found], now, UTC, may_approve=may_approve)
    return {
        part.to_plotly_json()["props"]["data-link"]: part
        for part in table._traverse()
        if isinstance(part, Component) and "data-link" in part.to_plotly_json()["props"]
    }


def test_each_link_has_its_mark_its_spoken_state_and_its_time() -> None:
    found = {name: words(cell) for name, cell in cells(slot(rows(*WELL), AFTER), AFTER).items()}
    assert list(found) == ["computed", "checked", "approved", "sent", "read_back", "followed"]
    assert "Done" in found["sent"] and "12:00:01" in found["sent"]
    assert "11:52 max" in found["approved"]
    assert "12:00:09" in found["followed"] and "Discharging 9.9\xa0kW" in found["followed"]


def test_every_mark_and_every_word_is_told_without_colour() -> None:
    assert set(ICONS) == set(SPOKEN) == set(Mark)
    assert len(set(ICONS.values())) == len(Mark)
    assert {word for word in Word if not WORDS[word]} == {Word.NONE}


@pytest.mark.parametrize(
    ("facts", "link", "wanted"),
    [
        (((0, Stage.INTENDED), (2, Stage.REFUSED)), "sent", "Refused"),
        (((0, Stage.INTENDED), (2, Stage.UNREACHABLE)), "sent", "No answer"),
        (((0, Stage.MISSED),), "sent", "Missed"),
        (((1, Stage.SENT), (2, Stage.UNVERIFIED)), "read_back", "Not verified"),
        (((45, Stage.SENT), (46, Stage.READ_BACK)), "sent", "45\xa0s late"),
        (((1, Stage.SENT), (2, Stage.READ_BACK)), "followed", "Being measured"),
        (((1, Stage.SENT),), "read_back", "Being read"),
        (((0, Stage.INTENDED),), "sent", "Being sent"),
    ],
)
def test_what_is_not_simply_done_has_a_word(facts: Any, link: str, wanted: str) -> None:
    assert wanted in words(cells(slot(rows(*facts)))[link])


def test_the_reason_of_the_ledger_stands_under_the_slot() -> None:
    facts = ((0, Stage.INTENDED), (2, Stage.UNREACHABLE), (7, Stage.INTENDED, 2), (9, Stage.UNREACHABLE, 2))
    text = words(chain_table([slot(rows(*facts))], MIDDLE, UTC, may_approve=False))
    assert "12:00:09\xa0 why 4 (1 more before it)" in text


def test_a_plan_waits_for_you_only_if_you_may_approve_it() -> None:
    waiting = slot([], BEFORE, state=State.PROPOSED)
    assert "Waits for you" in words(cells(waiting, BEFORE, may_approve=True)["approved"])
    assert "Waits for approval" in words(cells(waiting, BEFORE)["approved"])


def test_only_the_present_slot_is_selected() -> None:
    def selected(now: datetime) -> list[Any]:
        parts = chain_table([slot(rows(*WELL))], now, UTC, may_approve=False)._traverse()
        return [part for part in parts if getattr(part, "className", "") == "sb-chain-current"]

    assert len(selected(MIDDLE)) == 1
    assert not selected(AFTER)


def test_setpoints_are_words_with_their_direction() -> None:
    def said(intent: Intent, target_kw: float) -> str:
        return setpoint_words(replace(STEP, intent=intent, target_kw=target_kw))

    assert said(Intent.CHARGE, 9.6) == "Charge 9.6\xa0kW"
    assert said(Intent.DISCHARGE, 20.0) == "Discharge 20.0\xa0kW"
    assert said(Intent.IDLE, 0.0) == "Idle"
    assert said(Intent.FOLLOW, 12.0) == "Hold import 12.0\xa0kW"
    assert said(Intent.FOLLOW, -5.0) == "Hold export 5.0\xa0kW"
    assert said(Intent.FOLLOW, 0.0) == "Hold the grid at 0.0\xa0kW"
    assert said(Intent.LIMIT, 12.0) == "Keep the import at or below 12.0\xa0kW"
    assert said(Intent.LIMIT, -5.0) == "Keep the export at or below 5.0\xa0kW"
    assert said(Intent.VALUE, 0.0) == "By the value of stored energy"
    assert battery_words(None) == "Unknown"


def test_a_followed_grid_power_says_what_the_battery_is_expected_to_do() -> None:
    follows = replace(slot([]), step=replace(STEP, intent=Intent.FOLLOW, target_kw=3.0, battery_kw=-7.0))
    assert "charging about 7.0\xa0kW" in words(chain_table([follows], MIDDLE, UTC, may_approve=False))
    by_value = replace(follows, step=replace(follows.step, table=a_table()))
    assert "by the value of stored energy" in words(chain_table([by_value], MIDDLE, UTC, may_approve=False))


def test_a_link_without_a_time_says_only_its_word() -> None:
    bare = replace(slot([]), sent=Link(mark=Mark.TROUBLE, word=Word.MISSED))
    assert words(cells(bare)["sent"]).split() == ["Attention", "Missed"]
