"""What the forecast stands on: the share of each part, what was left out, the models and why they changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import html

from components.badges import Tone, badge
from components.cards import card
from components.list_table import list_table, row_name
from components.numbers import duration, moment_words, number, percent, with_unit
from components.states import not_set_up
from components.tables import table
from components.words import _, ngettext
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
NUMBERS = frozenset(range(1, 5))
MODELS, SWITCHES = 5, 8
"""So many of the newest are listed."""
TONES = {Role.CHAMPION: Tone.OK, Role.CHALLENGER: Tone.INFO, Role.RETIRED: Tone.NEUTRAL}


def none_card(page: ForecastPage) -> html.Section | None:
    """Return why nothing is forecast; None where something is."""
    return None if page.newest is not None else card(_("Forecast"), not_set_up(why_none(page)))


def why_none(page: ForecastPage) -> str:
    """Return why there is no forecast."""
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
    most = [max(column) for column in zip(*(weights for _name, weights in ordered), strict=True)]
    rows = [[name, *_shares(weights, most)] for name, weights in ordered]
    head = [_("Part"), *lead_names()]
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
    head = [_("Model"), _("Off by, when trained"), _("Simple mix, same values"), _("Took"), _("Role")]
    rows = [_model_row(page, model) for model in reversed(page.models[-MODELS:])]
    if not any(model.model_id == SIMPLE_MODEL_ID for model in page.models):
        rows.append(_simple_row(page))
    body = list_table(title, head, rows)
    return card(title, body, meta=_("Plans are made from the champion"), caption=_beside_words(page))


def switches_card(page: ForecastPage) -> html.Section | None:
    """Return each change of champion with its reason; None where there was none."""
    if not page.switches:
        return None
    title = _("Changes of champion")
    head = [_("Change"), _("Why")]
    rows = []
    for switch in reversed(page.switches[-SWITCHES:]):
        names = [model_name(one, page.models, page.view.zone) for one in (switch.from_model, switch.to_model)]
        change = _("%(before)s → %(after)s", before=names[0], after=names[1])
        rows.append([row_name(change, moment_words(switch.at, page.view.zone)), reason_words(switch)])
    return card(title, list_table(title, head, rows, words=1))


def _ordered(record: ForecastRecord) -> list[tuple[str, tuple[float, ...]]]:
    """Return the parts in words with their weights, the heaviest first; those with little are added up."""
    little = [name for name, weights in record.weights.items() if max(weights, default=0.0) < LITTLE]
    added_up = little if len(little) > 1 else []
    heavy = {name: weights for name, weights in record.weights.items() if name not in added_up}
    light = [record.weights[name] for name in added_up]
    found = sorted(((component_name(name), weights) for name, weights in heavy.items()), key=lambda one: -sum(one[1]))
    if light:
        total = tuple(sum(column) for column in zip(*light, strict=True))
        name = ngettext("%(num)d other part", "%(num)d other parts", len(light))
        found.append((name, total))
    return found


def _shares(weights: tuple[float, ...], most: list[float]) -> list[Any]:
    """Return the shares of a part; the largest of each lead time stands out."""
    return [html.B(percent(w)) if w == top else percent(w) for w, top in zip(weights, most, strict=True)]


def _history_words(record: ForecastRecord) -> str:
    days = ngettext("%(num)d day of history", "%(num)d days of history", int(record.days_of_history))
    return _("%(days)s, %(count)s values left out", days=days, count=number(record.excluded, 0))


def _model_row(page: ForecastPage, model: ModelRecord) -> list[Any]:
    role = role_of(model, page.models, page.switches)
    days = ngettext("%(num)d day of history", "%(num)d days of history", int(model.days_of_history))
    told = _("not told: too little history")
    errors = [told if kw is None else with_unit(kw, "kW", 2) for kw in (model.error_kw, model.rival_error_kw)]
    name = row_name(trained_name(model.trained_at, page.view.zone), days)
    return [name, *errors, _took(model.took_s), badge(role_name(role), TONES[role])]


def _simple_row(page: ForecastPage) -> list[Any]:
    champion = champion_of(page.switches) == SIMPLE_MODEL_ID
    role = Role.CHAMPION if champion else Role.RETIRED
    name = row_name(_("Simple mix"), _("always there, never trained"))
    words = _("Stands by") if role is Role.RETIRED else role_name(role)
    return [name, number(None), number(None), number(None), badge(words, TONES[role])]


def _took(seconds: float) -> str:
    return duration(timedelta(seconds=seconds)) if seconds >= 1 else with_unit(seconds, "s")


def _beside_words(page: ForecastPage) -> str:
    beside = page.errors_beside()
    if beside is None:
        return _("No challenger has forecast beside the champion in this range.")
    champion, challenger = beside
    facts = {
        "count": number(champion.count, 0),
        "champion": with_unit(champion.mae_kw, "kW", 2),
        "challenger": with_unit(challenger.mae_kw, "kW", 2),
    }
    return _(
        "Over the same %(count)s steps the champion was off by %(champion)s, the challenger by %(challenger)s.",
        **facts,
    )
