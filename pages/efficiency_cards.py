"""The efficiency page's cards: key figures with their formulas, the yield of each array, how PV is used."""

from __future__ import annotations

from dash import html

from components.cards import Figure, card
from components.numbers import money, number, percent, period_words, with_unit
from components.share_bar import Part, list_bar, split_bar
from components.states import empty
from components.words import _
from dash_app.domain.own_use import Share, nameplate_kwp, specific_yield
from dash_app.domain.site import Quantity
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.workflows.efficiency import Efficiency
from pages.figure_words import at_least, coverage_words, why_no_cost

PER_KWP = f"kWh{NO_BREAK_SPACE}per{NO_BREAK_SPACE}kWp"
DAY_H = 24.0


def load_figures(page: Efficiency) -> list[Figure]:
    """Return the key figures of the demand: load factor, base load, what a kWh costs and brings along."""
    if not page.place.of(Quantity.LOAD_KW):
        return []
    found = [_factor(page), _base(page), _cost(page), _co2(page)]
    return [figure for figure in found if figure is not None]


def pv_figures(page: Efficiency) -> list[Figure]:
    """Return the key figures of the PV that can be told: its yield, and how it is used."""
    found = [_yield(page), *_shares(page)] if page.place.of(Quantity.PV_KW) else []
    return [figure for figure in found if figure is not None]


def arrays_card(page: Efficiency) -> html.Section | None:
    """Return the specific yield of each array; None where there is nothing to tell apart."""
    arrays = page.place.of(Quantity.PV_KW)
    if len(arrays) < 2 or not nameplate_kwp(page.place.site, arrays):
        return None
    known = [(m, page.part_energy(m), nameplate_kwp(page.place.site, (m,))) for m in arrays]
    yields = [(m, None if kwh is None else specific_yield(kwh, kwp), kwp) for m, kwh, kwp in known]
    best = max([0.1, *(value for _m, value, _kwp in yields if value is not None)])
    rows = [
        list_bar(
            m.name,
            None if value is None else value / best,
            with_unit(value, PER_KWP),
            with_unit(kwp, "kWp"),
        )
        for m, value, kwp in yields
    ]
    title, meta = _("Specific yield by array"), _("%(unit)s, %(period)s", unit=PER_KWP, period=_period(page))
    caption = _("The same sun on every array: a shorter bar means shade, soiling, another direction or a fault.")
    return card(title, html.Ul(rows, className="sb-list-bars"), meta=meta, caption=caption)


def uses_card(page: Efficiency) -> html.Section | None:
    """Return how the PV's energy was used and the load's was met, as two bars; None without PV and load."""
    consumed, sufficient = page.consumed(), page.sufficient()
    if consumed is None or sufficient is None:
        return None
    title, meta = _("Use of the PV's energy"), _("kWh, %(period)s", period=_period(page))
    if consumed.fraction is None or sufficient.fraction is None:
        return card(title, empty(_("No PV production in this range.")), meta=meta)
    own = _("PV and battery") if page.place.of(Quantity.DISCHARGE_KW) else _("PV")
    body = [
        html.P(_("The PV's %(kwh)s", kwh=with_unit(consumed.whole_kwh, "kWh"))),
        _split(consumed, _("used on site"), _("exported"), ("pv", "export")),
        html.P(_("The load's %(kwh)s", kwh=with_unit(sufficient.whole_kwh, "kWh"))),
        _split(sufficient, own, _("grid"), ("pv", "import")),
    ]
    caption = ""
    if consumed.missing_h:
        caption = _("%(hours)s are left out: values are missing.", hours=with_unit(consumed.missing_h, "h", 1))
    return card(title, body, meta=meta, caption=caption, class_name="sb-uses-card")


def _split(share: Share, used: str, rest: str, looks: tuple[str, str]) -> html.Div:
    fraction = share.fraction or 0.0
    amounts = (share.part_kwh, share.whole_kwh - share.part_kwh)
    texts = (percent(fraction), percent(1 - fraction))
    parts = [
        Part(look=look, name=name, amount=amount, text=text)
        for look, name, amount, text in zip(looks, (used, rest), amounts, texts, strict=True)
    ]
    return split_bar(parts, f"{used}, {rest}")


def _yield(page: Efficiency) -> Figure | None:
    found = page.yield_kwh_per_kwp()
    if found is None:
        return None
    value, known = found
    days = known.covered_h / DAY_H
    context = coverage_words(known.coverage)
    if known.coverage.complete and days >= 1:
        context = _("%(value)s a day on average", value=number(value / days, 2))
    return Figure(
        key="yield",
        label=_("Specific yield"),
        text=at_least(known, number(value)),
        unit=PER_KWP,
        context=context,
        value=value,
        formula=_("PV energy of the range ÷ nameplate of all arrays."),
    )


def _shares(page: Efficiency) -> list[Figure | None]:
    return [
        _share(
            "self-consumption",
            _("Self-consumption"),
            page.consumed(),
            _("of the PV's energy used on site"),
            _(
                "(PV used directly + PV into the battery) ÷ PV energy, step by step: PV serves the load first, then "
                "the charging battery, the rest is exported."
            ),
        ),
        _share(
            "self-sufficiency",
            _("Self-sufficiency"),
            page.sufficient(),
            _("of the load without the grid"),
            _(
                "(PV used directly + battery used by the load) ÷ load, step by step. The battery counts as the site's "
                "own, whatever it was charged from."
            ),
        ),
    ]


def _share(key: str, label: str, share: Share | None, context: str, formula: str) -> Figure | None:
    if share is None:
        return None
    value = share.fraction
    text = number(None) if value is None else percent(value).removesuffix(f"{NO_BREAK_SPACE}%")
    return Figure(key=key, label=label, text=text, unit="%", context=context, value=value, formula=formula)


def _factor(page: Efficiency) -> Figure:
    value = page.factor()
    return _ratio(
        "load-factor",
        _("Load factor"),
        value,
        _("%(all)s would be an even demand", all=percent(1.0)),
        _("Mean power ÷ peak power of the measured steps. The lower, the more the peak sets what must be paid for."),
    )


def _base(page: Efficiency) -> Figure:
    base, share = page.base()
    return _ratio(
        "base-share",
        _("Base-load share"),
        share,
        _("Base load %(power)s", power=with_unit(base, "kW")) if base is not None else "",
        _("Base load ÷ mean power. The base load is the 5th percentile of all measured steps."),
    )


def _ratio(key: str, label: str, value: float | None, context: str, formula: str) -> Figure:
    text = number(None) if value is None else percent(value).removesuffix(f"{NO_BREAK_SPACE}%")
    return Figure(key=key, label=label, text=text, unit="%", context=context, value=value, formula=formula)


def _cost(page: Efficiency) -> Figure:
    cost, worth = page.cost(), page.worth
    value = cost.cost_per_kwh if cost else None
    context = why_no_cost(page, worth)
    if cost is not None and value is not None:
        context = _("On %(kwh)s imported", kwh=with_unit(cost.priced_kwh, "kWh"))
        if not cost.cost_complete:
            context += _(", %(hours)s unpriced", hours=with_unit(cost.missing_price_h, "h", 1))
    return Figure(
        key="cost-per-kwh",
        label=_("Cost per kWh"),
        text=money(value, worth.currency, 3) if worth and value is not None else number(None),
        unit="",
        context=context,
        value=value,
        formula=_("Cost of the imported energy ÷ imported energy, over the steps with a published price."),
    )


def _co2(page: Efficiency) -> Figure | None:
    if page.place.site is None or not page.place.site.has_co2:
        return None
    cost = page.cost()
    value = cost.co2_per_kwh if cost else None
    context = _("No CO₂ was published for this range")
    if cost is not None and cost.co2_kg is not None and value is not None:
        context = _("%(kg)s in all", kg=with_unit(cost.co2_kg, "kg"))
    return Figure(
        key="co2-per-kwh",
        label=_("CO₂ per kWh"),
        text=number(value, 3),
        unit="kg",
        context=context,
        value=value,
        formula=_("CO₂ of the imported energy ÷ imported energy, with the grid's published intensity of each step."),
    )


def _period(page: Efficiency) -> str:
    return period_words(page.view.first, min(page.view.last, page.view.today), year=False)
