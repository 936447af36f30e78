"""SITES_FILE: what it says, and that every fault names the file, the line and the key."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from dash_app.domain.errors import ConfigError
from dash_app.domain.site import Measurand, Quantity
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
