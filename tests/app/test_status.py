"""The status page: processes, cache, store, versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dash import html

from dash_app.domain.ports import AskedOf, CacheKind, CacheStats
from pages.status import Facts, about_words, body_view, cache_figures, cache_table, read_facts
from tests.app.building import Building, call, output_of, payload, text_of
from tests.components.test_parts import words


def facts_of(building: Building, mine: dict[str, str] | None = None) -> Facts:
    known = building.workspace
    return read_facts(
        known.states,
        known.alarms,
        known.audit.first_broken,
        known.measurements,
        known.clock,
        mine or {"monash": "Monash campus"},
    )


def alive(building: Building) -> None:
    for name in ("dispatcher", "planner"):
        building.store.states.beat(name, "epoch 3")


def shown(facts: Facts) -> str:
    return text_of(body_view(facts))


def test_all_is_up_when_everybody_beats(building: Building) -> None:
    alive(building)
    assert about_words(facts_of(building)) == "All services up."


def test_a_process_that_was_never_seen_is_named(building: Building) -> None:
    building.store.states.beat("planner")
    assert about_words(facts_of(building)) == "Needs attention: dispatcher not running."
    assert "Not seen" in shown(facts_of(building))


def test_a_process_that_fell_silent_is_named(building: Building) -> None:
    alive(building)
    building.clock.advance(timedelta(seconds=61))
    building.store.states.beat("planner")
    assert about_words(facts_of(building)) == "Needs attention: dispatcher not running."
    assert "Silent" in shown(facts_of(building))


def test_alarms_of_other_peoples_projects_stay_theirs(building: Building) -> None:
    alive(building)
    building.store.alarms.raise_alarm("fontana1", "telemetry", "silent")
    assert about_words(facts_of(building)) == "All services up."
    building.store.alarms.raise_alarm("monash", "telemetry", "Battery 1 silent since 12:00")
    assert about_words(facts_of(building)) == "Needs attention: 1 open alarm."
    assert "Battery 1 silent since 12:00" in shown(facts_of(building))


def test_a_store_that_cannot_be_read_is_a_fact_and_no_failure(building: Building) -> None:
    building.store.broken = True
    facts = facts_of(building)
    assert about_words(facts) == "Needs attention: the plan store cannot be read."
    assert "Cannot be read" in shown(facts)


def test_the_hit_rate_is_hits_per_opening() -> None:
    stats = CacheStats(openings=8, hits=6, rows=3, points_asked=2304, points_needed=2304)
    figures = {one.key: (one.text, one.unit, one.context) for one in cache_figures(stats)}
    assert figures["hit-rate"] == ("75", "%", "6 of 8 openings")
    assert figures["points-asked"][0] == "2,304"


def test_the_rate_is_said_by_what_was_asked() -> None:
    kinds = (
        AskedOf(kind=CacheKind.FIRST_SCREEN, asked=8, hits=6),
        AskedOf(kind=CacheKind.HISTORY, asked=4, hits=4),
        AskedOf(kind=CacheKind.LIVE, asked=0, hits=0),
        AskedOf(kind=CacheKind.PRICES, asked=3, hits=1),
    )
    table = cache_table(CacheStats(openings=8, hits=6, rows=3, points_asked=1, points_needed=1, kinds=kinds))
    rows = [words(row) for row in table._traverse() if isinstance(row, html.Tr)]
    assert rows[1:] == [
        "First screen, 48 h 8 6 75\u00a0%",
        "Past days 4 4 100\u00a0%",
        "Live values 0 0 –",
        "Prices, CO2, weather 3 1 33\u00a0%",
    ]


def test_before_the_first_opening_there_is_no_rate() -> None:
    stats = CacheStats(openings=0, hits=0, rows=0, points_asked=0, points_needed=0)
    assert cache_figures(stats)[0].value is None


def test_the_versions_that_run_are_named(building: Building) -> None:
    text = shown(facts_of(building))
    assert "energy-dashboard" in text
    assert "pymodbus" in text


def test_a_changed_audit_trail_is_said(building: Building) -> None:
    alive(building)
    facts = facts_of(building)
    broken = replace(facts, broken_row=7)
    assert about_words(broken) == "Needs attention: the audit trail was changed."
    assert "Audit trail changed at row 7" in shown(broken)


def test_the_chain_is_walked_once_a_minute_however_many_pages_are_open(building: Building) -> None:
    walks = []
    audit = building.workspace.audit
    audit.first_broken = lambda: walks.append(1)  # type: ignore[method-assign]
    client = building.signed_in()
    for _turn in range(3):
        answer = call(client, payload(building.app, output_of(building.app, "status-body.children")))
        assert answer.status_code == 200
    assert len(walks) == 1
