"""What the weather explains of the energy, in words and numbers: for the pages that show a fit."""

from __future__ import annotations

from dash import html

from components.cards import card
from components.numbers import percent, with_unit
from components.states import empty, not_set_up
from components.words import _, ngettext
from dash_app.domain.site import Quantity
from dash_app.domain.weather import Signature, signature_of, working_days
from dash_app.workflows.efficiency import Efficiency


def fit_card(page: Efficiency) -> html.Section | None:
    """Return what the weather explains of the energy, or why nothing can be said; None without a load."""
    if not page.place.of(Quantity.LOAD_KW):
        return None
    title = _("What the weather explains")
    if page.place.site is None or not page.place.site.has_weather:
        return card(title, not_set_up(_("No weather is measured for this project.")))
    if page.opening:
        return card(title, empty(_("Loading 60 days of demand and weather")))
    table, fit = page.degree_days(), page.signature()
    if table is None or fit is None:
        words = _("Too few days with both energy and weather: %(days)s.", days=0 if table is None else len(table))
        return card(title, empty(words))
    body = signature_list(fit, signature_of(working_days(table)))
    return card(title, body, meta=fit_meta(fit), caption=fit_caption(fit), class_name="sb-fit-card")


def signature_list(fit: Signature, working: Signature | None) -> html.Dl:
    """Return the numbers of a fit as terms and values, with how much it explains of the working days alone."""
    entries = [(_("Without heating or cooling"), _("%(kwh)s a day", kwh=with_unit(fit.base_kwh, "kWh")))]
    if fit.per_hdd:
        entries.append((_("Each heating degree day"), with_unit(fit.per_hdd, "kWh")))
    if fit.per_cdd:
        entries.append((_("Each cooling degree day"), with_unit(fit.per_cdd, "kWh")))
    entries.append((_("Explained of the variation (R²)"), percent(max(0.0, fit.r2))))
    if working is not None:
        entries.append((_("Of working days alone (R²)"), percent(max(0.0, working.r2))))
    pairs = [part for term, value in entries for part in (html.Dt(term), html.Dd(value))]
    return html.Dl(pairs, className="sb-terms")


def fit_meta(fit: Signature) -> str:
    """Say on how many days a fit rests."""
    return ngettext("Least squares over %(num)d day", "Least squares over %(num)d days", fit.days)


def fit_caption(fit: Signature) -> str:
    """Say how degree days are counted."""
    return _(
        "Heating degrees count below %(heat)s of the day's mean temperature, cooling degrees above %(cool)s.",
        heat=with_unit(fit.heating_base_c, "°C", 1),
        cool=with_unit(fit.cooling_base_c, "°C", 1),
    )
