"""What the forecast stands on: the share of each part, what was left out, the models and why they changed."""

from __future__ import annotations

from typing import Any

from dash import html

from components.badges import Tone, badge
from components.cards import card
from components.list_table import list_table, row_name
from components.numbers import moment_words, number, percent, with_unit
from components.states import not_set_up
from components.tables import table
from components.words import _, ngettext
from dash_app.domain.forecast_scores import score
from dash_app.domain.forecasting import (
    SIMPLE_MODEL_ID,
    ForecastRecord,
    ModelRecord,
    Role,
    champion_of,
    role_of,
)
from dash_app.workflows.forecast_page import ForecastPage
from pages.forecast_words import (
    basis_words,
    component_name,
    fault_name,
    lead_names,
    model_name,
    reason_words,
    role_name,
    trained_name,
)

LITTLE = 0.005
"""Parts with less than this in every bucket are added up in one line."""
NUMBERS = frozenset(range(1, 6))
MODELS, SWITCHES = 5, 8
"""So many of the newest are listed."""
TONES = {Role.CHAMPION: Tone.OK, Role.CHALLENGER: Tone.INFO, Role.RETIRED: Tone.NEUTRAL}


def none_card(page: ForecastPage) -> html.Section | None:
    """Return why nothing is forecast; None where something is."""
    return None if page.newest is not None else card(_("Forecast"), not_set_up(why_none(page)))


def why_none(page: ForecastPage) -> str:
    """Return why there is no forecast."""
    if page.ledger.damaged:
        return _("Forecasts are not shown: %(why)s", why=page.ledger.damaged)
    if not page.place.of(page.choice.quantity):
        return _("Neither demand nor PV is measured in this project, so nothing is forecast.")
    if page.place.site is not None and page.place.site.controllable:
        return _("The first forecast is made with the next plan.")
    return _("Forecasts are made with the plans of a battery, and there is none in this project.")


def shares_card(page: ForecastPage) -> html.Section | None:
    """Return how much each part of the mix counts, by lead time; None where nothing is forecast."""
    record = page.shown or page.newest
    if record is None or not record.weights:
        return None
    title = _("Share of each part")
    ordered = _ordered(record)
    most = [max(column) for column in zip(*(weights for _names, weights in ordered), strict=True)]
    rows = [[_part_words(names), *_shares(weights, most), *_alone(page, names)] for names, weights in ordered]
    head = [_("Part"), *lead_names(), *([_("Alone off by")] if _parts_scored(page) else [])]
    issued = moment_words(record.issued_at, page.view.zone)
    meta = _("Issued %(time)s: %(basis)s", time=issued, basis=basis_words(record, page.view.zone))
    words = _("A part counts for more the smaller its own errors were in the last weeks, at this lead time.")
    return card(title, table(title, head, rows, numbers=NUMBERS), meta=meta, caption=words)


def left_out_card(page: ForecastPage) -> html.Section | None:
    """Return which measurements the forecast did not use; None where nothing is forecast."""
    record = page.shown or page.newest
    if record is None:
        return None
    title = _("Data left out")
    kinds = sorted(record.left_out.items(), key=lambda item: -item[1])
    found = [(fault_name(kind), count) for kind, count in kinds if count]
    found += [(_("not measured"), record.missing)] if record.missing else []
    if not found:
        return card(
            title,
            html.P(_("Every value of the history was used."), className="sb-card-caption"),
            meta=_history_words(record),
        )
    rows = [[name, number(count, 0)] for name, count in found]
    body = table(title, [_("Kind"), _("Values")], rows, numbers=NUMBERS)
    words = _("Their places are filled from one and two weeks before, and nothing is learned from them.")
    return card(title, body, meta=_history_words(record), caption=words)


def models_card(page: ForecastPage) -> html.Section | None:
    """Return the models with their errors, and which of them the plans are made from."""
    if page.newest is None:
        return None
    title = _("Champion and challenger")
    head = [_("Model"), _("Off by, when trained"), _("Simple mix, same values"), _("In this range"), _("Role")]
    rows = [_model_row(page, model) for model in reversed(page.ledger.models[-MODELS:])]
    body = list_table(title, head, [*rows, _simple_row(page)])
    words = _("In this range: the errors of a model that forecast beside the champion, and the champion's own.")
    caption = words if page.beside else _("No other model has forecast beside the champion in this range.")
    return card(title, body, meta=_("Plans are made from the champion"), caption=caption)


def switches_card(page: ForecastPage) -> html.Section | None:
    """Return each change of champion with its reason; None where there was none."""
    if not page.ledger.switches:
        return None
    title = _("Changes of champion")
    head = [_("Switched"), _("Why")]
    rows = []
    for switch in reversed(page.ledger.switches[-SWITCHES:]):
        names = [model_name(one, page.ledger.models, page.view.zone) for one in (switch.from_model, switch.to_model)]
        change = _("%(before)s → %(after)s", before=names[0], after=names[1])
        rows.append([row_name(change, moment_words(switch.at, page.view.zone)), reason_words(switch)])
    return card(title, list_table(title, head, rows, words=1))


def _ordered(record: ForecastRecord) -> list[tuple[list[str], tuple[float, ...]]]:
    """Return the parts with their weights, the heaviest first; those with little are added up."""
    little = [name for name, weights in record.weights.items() if max(weights, default=0.0) < LITTLE]
    added_up = little if len(little) > 1 else []
    heavy = [([name], weights) for name, weights in record.weights.items() if name not in added_up]
    found = sorted(heavy, key=lambda one: -sum(one[1]))
    if added_up:
        light = [record.weights[name] for name in added_up]
        found.append((added_up, tuple(sum(column) for column in zip(*light, strict=True))))
    return found


def _part_words(names: list[str]) -> str:
    if len(names) == 1:
        return component_name(names[0])
    return ngettext("%(num)d other part", "%(num)d other parts", len(names))


def _alone(page: ForecastPage, names: list[str]) -> list[str]:
    """Return how far a part was off by itself in the range; nothing where no step of any part is over."""
    if not _parts_scored(page):
        return []
    rows = page.part_rows.get(names[0]) if len(names) == 1 else None
    found = score(rows) if rows is not None else None
    return [with_unit(found.mae_kw, "kW") if found else number(None)]


def _shares(weights: tuple[float, ...], most: list[float]) -> list[Any]:
    """Return the shares of a part; the largest of each lead time stands out."""
    return [html.B(percent(w)) if w == top else percent(w) for w, top in zip(weights, most, strict=True)]


def _parts_scored(page: ForecastPage) -> bool:
    return any(len(rows) for rows in page.part_rows.values())


def _history_words(record: ForecastRecord) -> str:
    days = ngettext("%(num)d day of history", "%(num)d days of history", int(record.days_of_history))
    return _("%(days)s, %(count)s values left out", days=days, count=number(record.excluded, 0))


def _model_row(page: ForecastPage, model: ModelRecord) -> list[Any]:
    role = role_of(model, page.ledger.models, page.ledger.switches)
    days = ngettext("%(num)d day of history", "%(num)d days of history", int(model.days_of_history))
    told = _("not told: too little history")
    errors = [told if kw is None else with_unit(kw, "kW", 2) for kw in (model.error_kw, model.rival_error_kw)]
    name = row_name(trained_name(model.trained_at, page.view.zone), days)
    return [name, *errors, _beside_words(page, model.model_id), badge(role_name(role), TONES[role])]


def _simple_row(page: ForecastPage) -> list[Any]:
    champion = champion_of(page.ledger.switches) == SIMPLE_MODEL_ID
    role = Role.CHAMPION if champion else Role.RETIRED
    name = row_name(_("Simple mix"), _("always there, never trained"))
    words = role_name(role) if champion else _("Stands by")
    return [name, number(None), number(None), _beside_words(page, SIMPLE_MODEL_ID), badge(words, TONES[role])]


def _beside_words(page: ForecastPage, model_id: str) -> str:
    """Return how far a rival was off, with the champion over the same steps; a dash for who forecast beside nobody."""
    if model_id not in page.beside:
        return number(None)
    champion, rival = page.beside[model_id]
    facts = {"rival": with_unit(rival.mae_kw, "kW", 2), "champion": with_unit(champion.mae_kw, "kW", 2)}
    return _("%(rival)s against %(champion)s", **facts)
