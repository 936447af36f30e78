"""Who is signed in and what is measured, from the API's own words: ids, categories, spellings, names for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dash_app.domain.project import Person, Project, ProjectType, Role
from dash_app.domain.site import Measurand, Quantity
from services.parsing import Json, as_list, as_object, field, moment_s, optional_text, positive_field, text_field

CODES: tuple[tuple[str, Quantity, str], ...] = (
    ("pv_production", Quantity.PV_KW, "PV production"),
    ("e_demand", Quantity.LOAD_KW, "Electricity demand"),
    ("p_ess_charge", Quantity.CHARGE_KW, "Battery charging"),
    ("p_ess_discharge", Quantity.DISCHARGE_KW, "Battery discharging"),
    ("p_ess_peg", Quantity.OTHER_KW, "Battery to grid"),
    ("p_ess_con", Quantity.OTHER_KW, "Battery to consumer"),
    ("p_peg_import", Quantity.IMPORT_KW, "Grid import"),
    ("p_peg_export", Quantity.EXPORT_KW, "Grid export"),
    ("p_peg_ess", Quantity.OTHER_KW, "Grid to battery"),
    ("p_peg_con", Quantity.OTHER_KW, "Grid to consumer"),
    ("p_pv_ess", Quantity.OTHER_KW, "PV to battery"),
    ("p_pv_con", Quantity.OTHER_KW, "PV to consumer"),
    ("soc", Quantity.SOC, "State of charge"),
    ("con", Quantity.OTHER_KW, "Consumer"),
)
"""What a code begins with, in lower case: its quantity and its name for people."""

FORECAST_CATEGORIES = {"pv_forecast": Quantity.PV_FORECAST_KW, "power_util_forecast": Quantity.LOAD_FORECAST_KW}
FORECAST_OF = {Quantity.PV_KW: Quantity.PV_FORECAST_KW, Quantity.LOAD_KW: Quantity.LOAD_FORECAST_KW}
QUARTER = timedelta(minutes=15)
POWER_UNITS = frozenset({"", "kw", "w", "mw"})
SHARE_UNITS = frozenset({"", "kw", "%", "1", "fraction"})


def quantity_of(code: str, category: str, unit: str = "") -> Quantity:
    """Return what a raw code and its category measure; blanks, case and the spelling `Forcast` are forgiven.

    >>> quantity_of("e_demand_building1", "Power_Util_Real "), quantity_of("pv_production_0", "PV_forcast")
    (<Quantity.LOAD_KW: 'load_kw'>, <Quantity.PV_FORECAST_KW: 'pv_forecast_kw'>)
    """
    plain, kind = _plain(code), _plain(category)
    found = next((quantity for begin, quantity, _ in CODES if plain.startswith(begin)), Quantity.OTHER_KW)
    if kind in FORECAST_CATEGORIES:
        found = FORECAST_CATEGORIES[kind]
    elif "forecast" in plain:
        found = FORECAST_OF.get(found, Quantity.OTHER_KW)
    known_units = SHARE_UNITS if found is Quantity.SOC else POWER_UNITS
    return found if unit.strip().lower() in known_units else Quantity.UNKNOWN


def name_of(code: str) -> str:
    """Return a name for people: nobody is shown a raw key.

    >>> name_of("e_demand_building1"), name_of("SOC"), name_of("fuel_cell_2")
    ('Electricity demand building1', 'State of charge', 'Fuel cell 2')
    """
    plain = code.strip()
    for begin, _, name in CODES:
        if plain.lower().startswith(begin):
            rest = plain[len(begin) :].replace("_", " ").strip()
            return f"{name} {rest}".strip()
    words = plain.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def parse_measurands(answer: Any, path: str, wanted: Collection[str], now: datetime) -> tuple[Measurand, ...]:
    """Return the measurands of a listing that belong to the project, in its order; every fault names its field.

    No wanted ids at all means that the sign-in answer did not name them: then all are taken.
    """
    found: dict[str, Measurand] = {}
    for place, raw in enumerate(as_list(answer, path)):
        where = f"{path}[{place}]"
        item = as_object(raw, where)
        measurand_id = text_field(item, "measurandId", where)
        if measurand_id in wanted or not wanted:
            found[measurand_id] = _measurand(measurand_id, item, where, now)
    return tuple(found.values())


def learn_categories(listed: tuple[Measurand, ...], answer: Any, path: str) -> tuple[Measurand, ...]:
    """Return the measurands with the code and category that the rows of a `getprojectdata` answer name."""
    named = _categories(answer, path)
    return tuple(_relearned(measurand, *named.get(measurand.measurand_id, ("", ""))) for measurand in listed)


def parse_person(answer: Json, email: str) -> Person:
    """Return who the sign-in answer names."""
    customer = as_object(field(answer, "customer", "customer"), "customer")
    user_id = text_field(customer, "customerId", "customer")
    return Person(
        user_id=user_id,
        name=optional_text(customer, "name") or email,
        email=optional_text(customer, "email") or email,
    )


def parse_projects(answer: Json) -> tuple[Project, ...]:
    """Return the projects of a sign-in answer; a repeated id is one project, the first."""
    found: dict[str, Project] = {}
    for place, raw in enumerate(as_list(field(answer, "projects", "sign-in"), "projects")):
        project = _project(as_object(raw, f"projects[{place}]"), f"projects[{place}]")
        found.setdefault(project.project_id, project)
    return tuple(found.values())


def _relearned(measurand: Measurand, code: str, category: str) -> Measurand:
    code = code or measurand.code
    return replace(measurand, code=code, name=name_of(code), quantity=quantity_of(code, category))


def _categories(answer: Any, path: str) -> dict[str, tuple[str, str]]:
    """Return (code, category) by measurand id."""
    named: dict[str, tuple[str, str]] = {}
    for place, raw in enumerate(as_list(answer, path)):
        group = as_object(raw, f"{path}[{place}]")
        for row_place, raw_row in enumerate(as_list(group.get("data", []), f"{path}[{place}].data")):
            where = f"{path}[{place}].data[{row_place}]"
            row = as_object(raw_row, where)
            found = (optional_text(row, "measurand"), optional_text(row, "measurandCategoryType"))
            named[text_field(row, "measurandId", where)] = found
    return named


def _measurand(measurand_id: str, item: Json, where: str, now: datetime) -> Measurand:
    code = text_field(item, "measurandName", where)
    unit = optional_text(item, "unit")
    quantity = quantity_of(code, optional_text(item, "measurandCategoryType"), unit)
    return Measurand(
        measurand_id=measurand_id,
        code=code,
        name=optional_text(item, "title") or name_of(code),
        quantity=quantity,
        resolution=timedelta(seconds=max(1, round(positive_field(item, "resolution", where)))),
        unit=unit or ("%" if quantity is Quantity.SOC else "kW"),
        on_connection=item.get("onConnection", True) is not False,
        sparse=item.get("sparse", False) is True,
        simulated=item.get("simulated", False) is True,
        measured_shift=_shift(item.get("sourceNow"), now),
    )


def _shift(source_now: Any, now: datetime) -> timedelta:
    """Return how far back the measurement of what is served `now` lies, to the quarter hour; 0 if nothing says so."""
    source_s = moment_s(source_now)
    return (
        QUARTER * round((now.timestamp() - source_s) / QUARTER.total_seconds())
        if source_s is not None
        else timedelta(0)
    )


def _project(item: Json, where: str) -> Project:
    project_id = text_field(item, "projectId", where)
    ids = [
        text_field({"id": raw}, "id", f"{where}.measurands[{place}]")
        for place, raw in enumerate(as_list(item.get("measurands", []), f"{where}.measurands"))
    ]
    known = {role.value: role for role in Role}
    named = as_list(item.get("roles", []), f"{where}.roles")
    return Project(
        project_id=project_id,
        name=optional_text(item, "projectName") or f"Project {project_id}",
        type=ProjectType.parse(optional_text(item, "projectCategoryName")),
        measurand_ids=tuple(dict.fromkeys(ids)),
        roles=frozenset(known[_plain(str(role))] for role in named if _plain(str(role)) in known),
    )


def _plain(text: str) -> str:
    return text.strip().lower().replace("forcast", "forecast")
