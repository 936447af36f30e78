"""SITES_FILE: what it says, and that every fault names the file, the line and the key."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from dash_app.domain.errors import ConfigError
from dash_app.domain.site import DayWindow, Measurand, Quantity, Vehicle
from services.ceilings import ceilings_from
from services.sites import FileSites, NoSites

DOCUMENTED = Path(__file__).parents[2] / "docs" / "files.md"


def example() -> str:
    """Return the example that the documentation gives."""
    found = re.search(r"```yaml\n(sites:.*?)```", DOCUMENTED.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sites.yaml"
    path.write_text(example(), encoding="utf-8")
    return path


def test_the_documented_example_is_read_whole(file: Path) -> None:
    (site,) = FileSites(file).all_sites()
    assert (site.project_id, str(site.timezone), site.currency) == ("monash", "Australia/Melbourne", "AUD")
    assert (site.grid.import_limit_kw, site.grid.export_limit_kw) == (300, 150)
    assert site.battery is not None
    assert (site.battery.battery_id, site.battery.device_id, site.battery.soc_floor) == ("ess1", "monash-ess1", 0.1)
    assert (site.battery.capacity_kwh, site.battery.wear_per_kwh, site.battery.simulated) == (150, 0.02, True)
    assert (site.arrays[0].measurand_id, site.arrays[0].kwp) == ("101", 45)
    assert site.tariff_on(date(2026, 1, 1)) == site.tariff[0]
    assert (site.plan_step, site.has_co2) == (timedelta(minutes=15), False)
    assert site.roles_by_email == {"someone@example.org": frozenset({"manager"})}
    assert FileSites(file).site_of("monash") == site
    assert FileSites(file).site_of("other") is None


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("project: monash  ", "project:   ", r"sites.yaml:2 sites.0.project"),
        ("timezone: Australia/Melbourne", "timezone: Mars/Olympus", r"sites.yaml:4 sites.0.timezone: .*no time zone"),
        ("currency: AUD", "currency: dollars", r"sites.yaml:5 sites.0.currency"),
        ("latitude: -37.911", "latitude: 137", r"sites.yaml:7 sites.0.latitude"),
        ("import_limit_kw: 300", "import_limit_kw: -1", r"sites.yaml:9 sites.0.grid.import_limit_kw"),
        ("import_limit_kw: 300", "import_limit_kw: .nan", r"sites.yaml:9 sites.0.grid.import_limit_kw"),
        ("import_limit_kw: 300", "import_limit: 300", r"sites.yaml:9 sites.0.grid.import_limit"),
        ("plan_step_min: 15", "plan_step_min: 20", r"sites.yaml:14 sites.0.plan_step_min"),
        ("capacity_kwh: 150", "capacity_kwh: 0", r"sites.yaml:16 sites.0.battery.capacity_kwh"),
        ("soc_max: 0.95", "soc_max: 0.05", r"sites.yaml:\d+ sites.0.battery.soc_max: .*above soc_min"),
        ("soc_reserve: 0.1", "soc_reserve: 0.96", r"sites.yaml:\d+ sites.0.battery.soc_reserve: .*below soc_max"),
        ("kwp: 45", "kwp: big", r"sites.yaml:\d+ sites.0.arrays.0.kwp"),
        ("[manager]", "[emperor]", r"sites.yaml:\d+ sites.0.roles.someone@example.org.0"),
        ("    place: Clayton, AU\n", "", r"sites.yaml:2 sites.0.place"),
        ("co2: false", "colour: red", r"sites.yaml:12 sites.0.colour"),
    ],
)
def test_a_fault_names_the_file_the_line_and_the_key(file: Path, wrong: str, right: str, said: str) -> None:
    assert wrong in example()
    file.write_text(example().replace(wrong, right), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        FileSites(file)


DEVICES = """    vehicles:
      - {id: van, name: Van, capacity_kwh: 60, charge_kw: 11, min_kw: 1.4, charge_efficiency: 0.9, soc_on_arrival: 0.3,
         soc_target: 0.8, arrives: 18:00, departs: "07:30", weekdays: [mon, tue, wed, thu, fri], ready_before_min: 30,
         soc_measurand: 77}
    capacity_charges:
      - {price_per_kw: 9.5, averaging_min: 30, windows: [{from: 07:00, to: 20:30, weekdays: [sat]}, {from: 21:00}]}
"""


def test_vehicles_and_capacity_charges_are_read_whole(file: Path) -> None:
    file.write_text(example() + DEVICES, encoding="utf-8")
    (site,) = FileSites(file).all_sites()
    assert site.vehicles == (
        Vehicle(
            vehicle_id="van",
            name="Van",
            capacity_kwh=60.0,
            charge_kw=11.0,
            min_kw=1.4,
            charge_efficiency=0.9,
            soc_on_arrival=0.3,
            soc_target=0.8,
            arrives=time(18),
            departs=time(7, 30),
            weekdays=frozenset(range(5)),
            ready_before=timedelta(minutes=30),
            soc_measurand="77",
        ),
    )
    (charge,) = site.capacity_charges
    assert (charge.price_per_kw, charge.averaging) == (9.5, timedelta(minutes=30))
    assert charge.windows == (
        DayWindow(start=time(7), end=time(20, 30), weekdays=frozenset({5})),
        DayWindow(start=time(21)),
    )


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("arrives: 18:00", "arrives: 26:00", r"sites.0.vehicles.0.arrives: .*no time of day, for example 18:30"),
        ("arrives: 18:00", "arrives: six", r"sites.0.vehicles.0.arrives: .*no time of day"),
        ('departs: "07:30"', "departs: 18:00", r"sites.0.vehicles.0.departs: .*another time than arrives"),
        ("soc_target: 0.8", "soc_target: 0.2", r"sites.0.vehicles.0.soc_target: .*below soc_on_arrival \(0.3\)"),
        ("min_kw: 1.4", "min_kw: 12", r"sites.0.vehicles.0.min_kw: .*above charge_kw \(11\)"),
        ("capacity_kwh: 60", "capacity_kwh: .inf", r"sites.0.vehicles.0.capacity_kwh"),
        ("charge_kw: 11", "charge: 11", r"sites.0.vehicles.0.charge"),
        ("[mon, tue, wed, thu, fri]", "[monday]", r"sites.0.vehicles.0.weekdays: .*of mon, tue"),
        ("ready_before_min: 30", "ready_before_min: -5", r"sites.0.vehicles.0.ready_before_min"),
        ("price_per_kw: 9.5", "price_per_kw: -1", r"sites.0.capacity_charges.0.price_per_kw"),
        ("averaging_min: 30", "averaging_min: 20", r"sites.0.capacity_charges.0.averaging_min"),
        ("to: 20:30", "to: 06:00", r"sites.0.capacity_charges.0.windows.0.to: .*later than from \(07:00\)"),
        ("from: 21:00", "from: 25:00", r"sites.0.capacity_charges.0.windows.1.from: .*no time of day"),
    ],
)
def test_a_fault_of_a_device_names_its_key(file: Path, wrong: str, right: str, said: str) -> None:
    assert wrong in DEVICES
    file.write_text(example() + DEVICES.replace(wrong, right), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sites.yaml:\d+ " + said):
        FileSites(file)


def test_two_vehicles_of_one_id_are_named(file: Path) -> None:
    van = DEVICES.split("capacity_charges")[0].removeprefix("    vehicles:\n").rstrip(" ")
    file.write_text(example() + DEVICES.replace("    capacity_charges", van + "    capacity_charges"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sites.0.vehicles: .*'van' stands there twice"):
        FileSites(file)


def test_an_interval_that_is_no_multiple_of_the_step_is_named(file: Path) -> None:
    text = example().replace("plan_step_min: 15", "plan_step_min: 60")
    file.write_text(text + DEVICES, encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"capacity_charges: .*averaging_min: 30 is no multiple of plan_step_min \(60"
    ):
        FileSites(file)


def test_a_project_that_stands_there_twice_is_named(file: Path) -> None:
    file.write_text(example() + example().removeprefix("sites:\n"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sites.yaml:2\d sites.1.project: 'monash' stands here twice"):
        FileSites(file)


def test_a_device_of_two_sites_is_named(file: Path) -> None:
    second = example().removeprefix("sites:\n").replace("project: monash", "project: other")
    file.write_text(example() + second, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sites.1.battery.device: 'monash-ess1' stands here twice"):
        FileSites(file)


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("sites: [", "not YAML"), ("places: []", "sites")])
def test_a_file_that_is_no_sites_file_says_so(file: Path, text: str, said: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        FileSites(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        FileSites(tmp_path / "none.yaml")


def test_without_a_file_there_are_no_sites() -> None:
    assert NoSites().all_sites() == ()
    assert NoSites().site_of("monash") is None


@pytest.mark.parametrize(
    ("measurand_id", "quantity", "ceiling"),
    [
        ("101", Quantity.PV_KW, 135.0),
        ("9", Quantity.CHARGE_KW, 225.0),
        ("9", Quantity.IMPORT_KW, 900.0),
        ("9", Quantity.EXPORT_KW, 450.0),
        ("9", Quantity.LOAD_KW, 3 * (300 + 45 + 75)),
        ("9", Quantity.SOC, None),
        ("9", Quantity.OTHER_KW, None),
    ],
)
def test_three_times_the_nameplate_is_the_ceiling(
    file: Path, measurand_id: str, quantity: Quantity, ceiling: float | None
) -> None:
    measurand = Measurand(
        measurand_id=measurand_id, code="", name="", quantity=quantity, resolution=timedelta(minutes=15)
    )
    assert ceilings_from(FileSites(file))("monash", measurand) == ceiling
    assert ceilings_from(NoSites())("monash", measurand) is None
