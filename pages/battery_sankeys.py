"""Where the battery's charge came from and where its discharge went, with what was lost and what is still stored."""

from __future__ import annotations

from typing import Any

from components.graph import drawn
from components.numbers import number
from components.sankey import Link, Look, Node, SankeyData, equation_words, sankey_figure
from components.words import _
from dash_app.domain.battery_kpi import BatteryEnergies
from dash_app.workflows.battery import BatteryData

HEIGHT, PHONE_HEIGHT = 190, 190
NOTHING_KWH = 0.05


def sources_view(data: BatteryData) -> dict[str, Any] | None:
    """Return what fills the Sankey of where the charge came from."""
    if not data.there:
        return None
    words = _("Sources and charging distribution, kWh")
    return _sankey_view(sources_sankey(data.energies()), words, _sources_caption(data))


def targets_view(data: BatteryData) -> dict[str, Any] | None:
    """Return what fills the Sankey of where the discharge went."""
    if not data.there:
        return None
    words = _("Discharging to targeted systems, kWh")
    return _sankey_view(targets_sankey(data.energies()), words, _targets_caption(data))


def sources_sankey(energies: BatteryEnergies) -> SankeyData:
    """Return where the charge came from, kWh; what could not be told is a node of its own."""
    nodes = [Node(key="pv", name=_("PV surplus"), look=Look.PV), Node(key="grid", name=_("Grid"), look=Look.IMPORT)]
    links = [
        Link(source="pv", target="charge", amount=energies.from_pv_kwh),
        Link(source="grid", target="charge", amount=energies.from_grid_kwh),
    ]
    if energies.from_unknown_kwh > NOTHING_KWH:
        nodes.append(Node(key="unknown", name=_("Not accounted for"), look=Look.LOSS))
        links.append(Link(source="unknown", target="charge", amount=energies.from_unknown_kwh))
    nodes.append(Node(key="charge", name=_("Charged"), look=Look.CHARGE))
    return SankeyData(nodes=tuple(nodes), links=tuple(links), unit="kWh")


def targets_sankey(energies: BatteryEnergies) -> SankeyData:
    """Return where the discharge went, kWh; what could not be told is a node of its own."""
    nodes = [
        Node(key="discharge", name=_("Discharged"), look=Look.DISCHARGE),
        Node(key="load", name=_("Load"), look=Look.LOAD),
        Node(key="grid", name=_("Grid"), look=Look.EXPORT),
    ]
    links = [
        Link(source="discharge", target="load", amount=energies.to_load_kwh),
        Link(source="discharge", target="grid", amount=energies.to_grid_kwh),
    ]
    if energies.to_unknown_kwh > NOTHING_KWH:
        nodes.append(Node(key="unknown", name=_("Not accounted for"), look=Look.LOSS))
        links.append(Link(source="discharge", target="unknown", amount=energies.to_unknown_kwh))
    return SankeyData(nodes=tuple(nodes), links=tuple(links), unit="kWh")


def balance_words(data: BatteryData) -> str:
    """Say in one equation what went in, came out, was lost, and how much more or less is stored than before.

    The two sides are equal as printed: the losses are what closes them.
    """
    energies, change = data.energies(), data.stored_change_kwh()
    charged, discharged = round(energies.charged_kwh, 1), round(energies.discharged_kwh, 1)
    if change is None:
        return _("What is stored more or less than before is not known: losses cannot be told.")
    change = round(change, 1)
    rest = round(charged - discharged - change, 1)
    into = [_("Charged %(kwh)s", kwh=number(charged, 1))]
    out = [_("discharged %(kwh)s", kwh=number(discharged, 1))]
    if change < 0:
        into.append(_("taken from store %(kwh)s", kwh=number(-change, 1)))
    elif change > 0:
        out.append(_("put into store %(kwh)s", kwh=number(change, 1)))
    unsure = energies.missing_h > 0 or rest < 0
    side = into if rest < 0 else out
    rest_words = _("not accounted for %(kwh)s") if unsure else _("losses %(kwh)s")
    side.append(rest_words % {"kwh": number(abs(rest), 1)})
    return _("%(into)s = %(out)s kWh.", into=" + ".join(into), out=" + ".join(out))


def _sankey_view(data: SankeyData, meta: str, caption: str) -> dict[str, Any]:
    figure = sankey_figure(data, height=HEIGHT, phone_height=PHONE_HEIGHT)
    return {
        "drawn": drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": meta,
        "legend": [],
        "caption": caption,
    }


def _sources_caption(data: BatteryData) -> str:
    energies = data.energies()
    words = equation_words(sources_sankey(energies))
    if energies.from_unknown_kwh > NOTHING_KWH:
        return f"{words} {_('Not accounted for: PV or load were not measured, or not yet.')}"
    if energies.charged_kwh > NOTHING_KWH and energies.from_grid_kwh < NOTHING_KWH:
        return f"{words} {_('Nothing was bought to charge.')}"
    return words


def _targets_caption(data: BatteryData) -> str:
    return f"{equation_words(targets_sankey(data.energies()))} {balance_words(data)}"
