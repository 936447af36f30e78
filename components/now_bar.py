"""The Now bar: what comes into the site and what goes out, as two bars of equal length."""

from __future__ import annotations

from dash import html

from components.badges import Tone, badge
from components.numbers import duration, number, percent, with_unit
from components.share_bar import Part, split_bar
from components.states import stale_words
from components.words import _
from dash_app.domain.now import NowBalance
from dash_app.domain.site import Quantity

RESIDUAL_WARNING = 0.03


def now_bar(balance: NowBalance, *, simulated: bool) -> html.Div:
    """Return the In and Out bars; `simulated` says so beside the battery's numbers."""
    into, out = _inflows(balance, simulated), _outflows(balance, simulated)
    return html.Div([_row(_("In"), balance.in_kw, into), _row(_("Out"), balance.out_kw, out)], className="sb-now")


def residual_badge(balance: NowBalance) -> html.Span:
    """Say whether In is Out, and what is not accounted for."""
    if balance.missing:
        names = ", ".join(balance.missing)
        return badge(_("No value: %(names)s", names=names), Tone.WARNING)
    if balance.oldest_stale is not None and balance.silent:
        return badge(stale_words(balance.silent, balance.oldest_stale, balance.at), Tone.WARNING)
    if not balance.grid_measured:
        return badge(_("Grid calculated, not measured"))
    share = balance.residual
    words = _("In = Out, residual %(share)s", share=percent(share, 1))
    if share > RESIDUAL_WARNING:
        return badge(_("Residual %(share)s", share=percent(share, 1)), Tone.WARNING)
    return badge(words, Tone.OK)


def _inflows(balance: NowBalance, simulated: bool) -> list[Part]:
    battery = _("Discharging (simulated battery)") if simulated else _("Discharging")
    return [
        *_part(balance, "pv", _("PV"), balance.pv_kw, Quantity.PV_KW),
        *_part(balance, "discharge", battery, balance.discharge_kw, Quantity.DISCHARGE_KW),
        *_part(balance, "import", _("Import"), balance.import_kw, Quantity.IMPORT_KW),
        *_part(balance, "loss", _("Not accounted for"), max(0.0, balance.out_kw - balance.in_kw)),
    ]


def _outflows(balance: NowBalance, simulated: bool) -> list[Part]:
    battery = _("Charging (simulated battery)") if simulated else _("Charging")
    return [
        *_part(balance, "export", _("Export"), balance.export_kw, Quantity.EXPORT_KW),
        *_part(balance, "load", _("Load"), balance.load_kw, Quantity.LOAD_KW),
        *_part(balance, "charge", battery, balance.charge_kw, Quantity.CHARGE_KW),
        *_part(balance, "loss", _("Not accounted for"), max(0.0, balance.in_kw - balance.out_kw)),
    ]


def _part(
    balance: NowBalance, look: str, name: str, amount: float | None, quantity: Quantity | None = None
) -> list[Part]:
    """Return the part of a bar with the age of its number, or none where there is nothing to show."""
    if amount is None or round(amount, 1) <= 0:
        return []
    age = balance.age(quantity) if quantity else None
    words = _("%(age)s ago", age=duration(age)) if age is not None else ""
    stale = quantity is not None and balance.is_stale(quantity)
    return [Part(look=look, name=name, amount=amount, text=number(amount), age=words, stale=stale)]


def _row(name: str, total_kw: float, parts: list[Part]) -> html.Div:
    total = with_unit(total_kw, "kW")
    return html.Div(
        [html.Div([name, " ", html.B(total)], className="sb-now-label"), split_bar(parts, f"{name} {total}")],
        className="sb-now-row",
    )
