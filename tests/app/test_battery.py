"""What the battery's page shows, against sums over the campus done with plain Python; and its callbacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.recommendation import State
from dash_app.domain.site import Quantity, Site
from dash_app.workflows.battery import BatteryData, BatteryPorts, load_battery
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import Place, view_of
from pages.battery_cards import figures, missing_card, sentence
from pages.battery_sankeys import balance_words, sources_sankey, sources_view, targets_sankey, targets_view
from pages.battery_views import address_notes, charge_view, discharge_view, power_view, stored_view
from tests.app.battery_app import build_battery
from tests.app.building import call, output_of, payload
from tests.app.campus_app import Campus
from tests.components.test_parts import words
from tests.fakes.api import session
from tests.fakes.battery_campus import (
    CAPACITY_KWH,
    CHARGE_KW,
    DISCHARGE_KW,
    EFFICIENCY,
    BatteryMeasurements,
    battery_plan,
    battery_project,
    battery_series,
    battery_site,
)
from tests.fakes.campus import NOW, ZONE, measurands, series_of
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore

MIDNIGHT, TODAY = datetime(2020, 9, 26, 14, tzinfo=UTC), datetime(2020, 9, 27, 14, tzinfo=UTC)
MINUTE_H = 1 / 60


def shown(
    search: str = "",
    *,
    now: datetime = NOW,
    opening: bool = False,
    hidden: dict[str, tuple[datetime, datetime]] | None = None,
    of: Site | None = None,
    drop: frozenset[Quantity] = frozenset(),
    in_force: bool = True,
    priced: bool = True,
) -> BatteryData:
    """Return what the page gathers; `hidden` values are missing, measurands of `drop` do not exist."""
    clock = FakeClock(now)
    measurements, store = BatteryMeasurements(clock), FakeStore(clock)
    measurements.hidden, measurements.priced = hidden or {}, priced
    measurements.listed = tuple(m for m in measurements.listed if m.quantity not in drop)
    if in_force:
        kept = store.recommendations.add(battery_plan(), by="planner@example.org")
        store.recommendations.move(
            kept.recommendation_id, version=1, digest=kept.digest, before={kept.state}, after=State.APPROVED, who="max"
        )
    project = battery_project()
    place = Place(project=project, site=of or battery_site(), measurands=measurements.listed, zone=ZONE)
    ports = BatteryPorts(
        measurements=measurements, recommendations=store.recommendations, records=Kept(clock, timedelta(hours=1))
    )
    return load_battery(session("u1", project), place, view_of(place, search, clock), opening=opening, ports=ports)


def by_key(data: BatteryData) -> dict[str, Any]:
    return {figure.key: figure for figure in figures(data) or []}


def minutes(start: datetime, end: datetime = NOW) -> list[dict[str, float]]:
    """Return the campus minute by minute, as a person with a calculator would write it down."""
    known = {m.measurand_id: series_of(m, start, end) for m in measurands()}
    charge = next(m for m in measurands() if m.quantity is Quantity.CHARGE_KW)
    discharge = next(m for m in measurands() if m.quantity is Quantity.DISCHARGE_KW)
    into, out = (battery_series(m, known["301"].index) for m in (charge, discharge))
    rows = []
    for at, moment in enumerate(known["301"].index):
        quarter = moment.floor("15min")
        pv = [known[f"10{place}"].get(quarter) for place in range(1, 7)]
        load = [known[name].get(quarter) for name in ("201", "206")]
        if None in (*pv, *load):
            continue
        rows.append({"pv": sum(pv), "load": sum(load), "charge": into[at], "discharge": out[at]})
    return rows


def test_power_and_direction_are_those_of_the_newest_minute() -> None:
    power = by_key(shown())["power"]
    assert (power.label, power.text, power.unit) == ("Charging", "20.0", "kW")
    assert power.value == -CHARGE_KW
    assert power.context == "From: PV surplus"
    evening = by_key(shown(now=datetime(2020, 9, 28, 9, 30, tzinfo=UTC)))["power"]
    assert (evening.label, evening.value, evening.context) == ("Discharging", pytest.approx(DISCHARGE_KW), "To: Load")
    assert by_key(shown(now=datetime(2020, 9, 28, 6, tzinfo=UTC)))["power"].label == "At rest"


def test_the_sentence_says_direction_power_and_what_is_stored() -> None:
    text = words(sentence(shown()))
    soc = 0.3 + CHARGE_KW * EFFICIENCY * (3.5 - MINUTE_H / 2) / CAPACITY_KWH
    expected = f"Charging 20.0\xa0kW, SoC {100 * soc:.0f}\xa0% {CAPACITY_KWH * soc:.0f} of 150\xa0kWh stored"
    assert text == f"{expected} Simulated battery"


def test_the_energies_of_today_and_yesterday_are_sums_of_minutes() -> None:
    energy = by_key(shown())["energy"]
    today = sum(row["charge"] for row in minutes(TODAY)) * MINUTE_H
    yesterday = minutes(MIDNIGHT, TODAY)
    into, out = (sum(row[key] for row in yesterday) * MINUTE_H for key in ("charge", "discharge"))
    assert energy.value == pytest.approx(today)
    assert (energy.text, energy.unit) == (f"{today:.1f}", "in · 0.0 out kWh")
    assert energy.context == f"Yesterday {into:.1f} in, {out:.1f} out"
    assert into == pytest.approx(4 * CHARGE_KW)


def test_another_range_has_the_energy_of_the_range() -> None:
    energy = by_key(shown("?range=day&at=2020-09-20"))["energy"]
    assert (energy.label, energy.value) == ("Energy of the range", pytest.approx(4 * CHARGE_KW))
    assert energy.context == "20\xa0Sep"


def test_the_round_trip_is_the_batterys_own_over_thirty_whole_days() -> None:
    efficiency = by_key(shown())["efficiency"]
    assert efficiency.value == pytest.approx(EFFICIENCY**2, abs=1e-4)
    assert (efficiency.text, efficiency.unit) == ("85.0", "%")
    assert efficiency.context == "29\xa0Aug – 27\xa0Sep, SoC corrected"


def test_cycles_are_full_equivalents_of_what_was_discharged() -> None:
    cycles = by_key(shown())["cycles"]
    assert cycles.value == pytest.approx(30 * 4 * DISCHARGE_KW / CAPACITY_KWH)
    assert (cycles.unit, cycles.context) == ("in 30 days", "Equivalent full, 0.45 a day")


def test_too_little_throughput_cannot_tell_yet_and_says_how_much_is_missing() -> None:
    hidden = {"302": (NOW - timedelta(days=32), TODAY - timedelta(days=3))}
    efficiency = by_key(shown(hidden=hidden))["efficiency"]
    assert (efficiency.value, efficiency.text) == (None, "–")
    assert efficiency.context == "Cannot tell yet: 1.4 cycles, 2 are needed"


def test_the_first_drawing_does_not_wait_for_thirty_days() -> None:
    opened = by_key(shown(opening=True))
    assert opened["efficiency"].context == opened["cycles"].context == "Reading the last 30 days"
    assert opened["cycles"].value is None


def test_health_is_what_the_battery_reports_and_never_a_constant() -> None:
    health = by_key(shown())["health"]
    assert (health.value, health.text, health.context) == (None, "not measured", "The battery does not report it")
    data = shown()
    soc = next(m for m in data.place.measurands if m.quantity is Quantity.SOC)
    reported = replace(soc, measurand_id="309", code="SOH", quantity=Quantity.UNKNOWN, unit="%")
    place = replace(data.place, measurands=(*data.place.measurands, reported))
    series = data.window.series | {"309": 100 * data.window.series["303"]}
    told = by_key(replace(data, place=place, window=replace(data.window, series=series)))["health"]
    assert told.value == pytest.approx(100 * data.window.series["303"].dropna().iloc[-1])
    assert (told.unit, told.context) == ("%", "As the battery reports it")


def test_a_silent_battery_says_since_when() -> None:
    data = shown(hidden={"301": (NOW - timedelta(minutes=40), NOW)})
    assert by_key(data)["power"].stale == "Battery silent for 39\xa0min."
    assert "Battery silent for 39\xa0min." in words(sentence(data))


def test_the_sources_and_targets_are_split_minute_by_minute() -> None:
    rows = minutes(MIDNIGHT)
    from_pv = sum(min(row["charge"], max(row["pv"] - row["load"], 0)) for row in rows) * MINUTE_H
    to_load = sum(min(row["discharge"], max(row["load"] - row["pv"], 0)) for row in rows) * MINUTE_H
    energies = shown().energies()
    assert (energies.from_pv_kwh, energies.to_load_kwh) == (pytest.approx(from_pv), pytest.approx(to_load))
    assert energies.from_grid_kwh == pytest.approx(sum(row["charge"] for row in rows) * MINUTE_H - from_pv)
    for diagram in (sources_sankey(energies), targets_sankey(energies)):
        assert diagram.total_in == pytest.approx(diagram.total_out)
        assert "unknown" not in {node.key for node in diagram.nodes}


def test_the_equation_adds_up_as_printed() -> None:
    text = balance_words(shown())
    assert text.startswith("Charged 150.0 = discharged 68.0 + put into store 64.")
    left, right = ([float(word) for word in side.replace(" kWh.", "").split() if word[0].isdigit()]
                   for side in text.split(" = "))  # fmt: skip
    assert sum(left) == pytest.approx(sum(right), abs=1e-9)
    losses = 150 * (1 - EFFICIENCY) + 68 * (1 / EFFICIENCY - 1)
    assert right[-1] == pytest.approx(losses, abs=0.2)
    assert "losses" in text


def test_what_charged_while_the_load_was_silent_is_a_node_of_its_own() -> None:
    begin = datetime(2020, 9, 27, 1, tzinfo=UTC)
    data = shown(hidden={"201": (begin, begin + timedelta(hours=2))})
    diagram = sources_sankey(data.energies())
    amounts = {link.source: link.amount for link in diagram.links}
    assert amounts["unknown"] == pytest.approx(2 * CHARGE_KW)
    assert diagram.total_in == pytest.approx(150.0, abs=0.4)


def test_sources_that_are_measured_themselves_count() -> None:
    data = shown()
    charge = next(m for m in data.place.measurands if m.quantity is Quantity.CHARGE_KW)
    own = replace(charge, measurand_id="311", code="P_PEG_ESS", quantity=Quantity.OTHER_KW)
    clock = FakeClock(NOW)
    measurements, store = BatteryMeasurements(clock), FakeStore(clock)
    place = replace(data.place, measurands=(*data.place.measurands, own))
    measurements.listed = place.measurands
    project = replace(place.project, measurand_ids=(*place.project.measurand_ids, "311"))
    ports = BatteryPorts(
        measurements=measurements, recommendations=store.recommendations, records=Kept(clock, timedelta(hours=1))
    )
    loaded = load_battery(
        session("u1", project), replace(place, project=project), data.view, opening=False, ports=ports
    )
    raw = series_of(own, MIDNIGHT, NOW)
    assert loaded.energies().from_grid_kwh == pytest.approx(raw.sum() * MINUTE_H)


def test_losses_are_not_told_where_the_store_is_not_measured() -> None:
    data = shown(drop=frozenset({Quantity.SOC}))
    assert "losses cannot be told" in balance_words(data)
    assert by_key(data)["efficiency"].context == "Cannot tell: power and SoC are needed"
    assert words(sentence(data)) == "Charging 20.0\xa0kW Simulated battery"


def test_missing_minutes_are_not_called_losses() -> None:
    begin = datetime(2020, 9, 27, 1, tzinfo=UTC)
    data = shown(hidden={"301": (begin, begin + timedelta(hours=1))})
    assert "not accounted for" in balance_words(data)
    assert by_key(shown(hidden={"301": (TODAY, TODAY + timedelta(hours=1))}))["energy"].text.startswith("≥ ")


def test_the_chart_says_its_plan_its_quality_and_its_totals() -> None:
    filled = power_view(shown())
    assert filled is not None
    assert words(filled["meta"]).startswith("kW, mean of 15\xa0min · 100\xa0% of values · plan R-1")
    assert filled["caption"] == (
        "Charged 150\xa0kWh and discharged 68.0\xa0kWh until now. Strongest discharge 17.0\xa0kW, Sun 27\xa0Sep 18:00."
    )
    assert "no plan in force" in words((power_view(shown(in_force=False)) or {})["meta"])


def test_prices_are_the_tariffs_and_absent_where_none_is_published() -> None:
    data = shown()
    assert data.prices is not None
    local = data.prices.index.tz_convert(ZONE)
    noon = data.prices.loc[(local.hour == 12) & (local.day == 27), "import_per_kwh"]
    assert noon.tolist() == pytest.approx([-0.1 + 0.08] * 2)
    guessed = data.prices[data.prices["estimated"] > 0]
    assert guessed.index[0].to_pydatetime() == datetime(2020, 9, 28, 7, tzinfo=UTC)  # published for three hours ahead
    assert shown(priced=False).prices is None
    assert power_view(shown(priced=False)) is not None


def test_the_address_splits_the_chart_into_the_pair_and_keeps_doing_so() -> None:
    data = shown("?split=1&range=day")
    assert power_view(data) is None
    views = [charge_view(data), discharge_view(data), stored_view(data)]
    assert all(views)
    assert data.view.query(kind=data.view.range) == "?range=day&split=1"
    joined = words((views[0] or {})["meta"])
    assert "Show as one chart" in joined
    assert (views[0] or {})["caption"] == f"Up to 20.0\xa0kW, {3.5 * CHARGE_KW:.1f}\xa0kWh."
    whole = shown("?range=day")
    assert [charge_view(whole), discharge_view(whole), stored_view(whole)] == [None, None, None]


def test_a_project_without_a_battery_says_so_and_draws_nothing() -> None:
    gone = frozenset({Quantity.CHARGE_KW, Quantity.DISCHARGE_KW, Quantity.SOC})
    data = shown(of=battery_site(battery=None), drop=gone, in_force=False)
    assert words(missing_card(data)) == "Battery No battery in this project."
    assert figures(data) is sentence(data) is power_view(data) is sources_view(data) is targets_view(data) is None


def test_a_range_without_any_value_keeps_its_axes() -> None:
    everything = {name: (NOW - timedelta(days=40), NOW) for name in ("301", "302", "303")}
    data = shown(hidden=everything)
    filled = power_view(data)
    assert filled is not None
    assert filled["caption"] == "No values of the battery in this range."
    assert filled["drawn"]["figure"]["layout"]["xaxis"]["tickvals"]
    assert by_key(data)["power"].value is None
    assert "No value of the battery" in words(sentence(data))
    assert (sources_view(data) or {})["caption"].startswith("In 0.0")


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_battery()


def ask(campus: Campus, search: str = "", filled: bool | None = None) -> dict[str, Any]:
    body = payload(
        campus.app,
        output_of(campus.app, "battery-kpis.children"),
        battery_address__pathname="/p/monash/battery",
        battery_address__search=search,
        battery_filled__data=filled,
    )
    found = call(campus.signed_in(), body)
    assert found.status_code == 200, found.get_data(as_text=True)
    return dict(found.get_json()["response"])


def test_one_answer_fills_the_page(campus: Campus) -> None:
    filled = ask(campus, filled=True)
    assert len(filled["battery-kpis"]["children"]) == 5
    assert filled["battery-power-drawn"]["data"]["figure"]["data"]
    assert filled["battery-missing"]["hidden"] is filled["battery-charge-frame"]["hidden"] is True
    assert filled["battery-power-frame"]["hidden"] is filled["battery-sources-frame"]["hidden"] is False


def test_what_was_read_of_the_days_before_is_there_at_once_on_the_next_opening(campus: Campus) -> None:
    ask(campus, filled=True)
    again = str(ask(campus)["battery-kpis"]["children"])
    assert "SoC corrected" in again
    assert "Reading the last" not in again


def test_an_outage_hides_what_was_never_drawn_and_leaves_what_was(campus: Campus) -> None:
    for filled in (None, True):
        campus.measurements.fails = [ApiUnavailable("refused")]
        answered = ask(campus, filled=filled)
        assert answered["battery-content"]["hidden"] is (filled is None)
        assert "battery-kpis" not in answered or "children" not in answered["battery-kpis"]
    campus.measurements.fails = []


def test_minutes_that_are_still_on_their_way_are_no_gap() -> None:
    late = (NOW - timedelta(minutes=3), NOW)
    data = shown(hidden={"301": late, "302": late})
    assert data.energies().missing_h == 0
    assert "losses" in balance_words(data)
    assert by_key(data)["power"].stale == ""


def test_the_record_of_a_past_range_ends_with_it() -> None:
    context = by_key(shown("?range=day&at=2020-08-20"))["efficiency"].context
    assert context == "22\xa0Jul – 20\xa0Aug, SoC corrected"


def test_every_figure_that_is_computed_says_how() -> None:
    assert all(figure.formula for key, figure in by_key(shown()).items() if key != "health")


def test_a_long_range_is_summed_from_minutes_not_from_what_is_drawn() -> None:
    energies = shown("?range=month&at=2020-08-10").energies()
    assert energies.charged_kwh == pytest.approx(31 * 4 * CHARGE_KW)
    assert energies.discharged_kwh == pytest.approx(31 * 4 * DISCHARGE_KW)


def test_a_short_range_has_no_half_steps_missing_from_its_store() -> None:
    text = balance_words(shown("?range=15min"))
    assert text == f"Charged 5.0 = discharged 0.0 + put into store {5 * EFFICIENCY:.1f} + losses 0.4 kWh."


def test_an_unknown_way_to_split_is_named() -> None:
    assert "“2” is not a way to split the chart." in words(address_notes(shown("?split=2")))
    assert address_notes(shown("?split=1")) == address_notes(shown()) == []
