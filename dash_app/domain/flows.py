"""Where energy came from and where it went, so that In is Out.

One rule, step by step at native resolution, the same as `kpi.load_sources` and `own_use`:
1. PV serves the load first, then the discharging battery, then the grid;
2. what PV leaves over charges the battery, then the grid does; what is left after that is exported;
3. inside one step the battery's and the grid's two directions meet: what was charged and discharged in the same step
   goes from the one to the other, and so does what was imported and exported;
4. what no meter explains is "not accounted for", on the side that lacks it.
Parts of a load or of the arrays share a flow in proportion to their power in that step.

A flow may be told in kWh, in money or in kg CO2: `rates` are what one kWh of it is worth in each step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dash_app.domain.flow_parts import FlowParts
from dash_app.domain.site import Quantity

Values = np.ndarray
NOTHING_KW = 1e-9


class Source(StrEnum):
    """Where energy comes from, as far as meters tell."""

    PV = "pv"
    BATTERY = "discharge"
    GRID = "import"
    UNKNOWN = "unknown-source"


class Use(StrEnum):
    """Where energy goes."""

    LOAD = "load"
    CHARGE = "charge"
    EXPORT = "export"
    UNKNOWN = "unknown-use"


class Further(StrEnum):
    """Further nodes: the rest of the load behind its sub-meters, what those count beyond it, a difference of prices."""

    OTHER_USES = "other-uses"
    EXCESS = "excess"
    PRICE_DIFFERENCE = "price-difference"


Rates = Callable[[Source, Use], Values | float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A flow from one node to another over the range; nodes are members of Source, Use, Further or a part's own key."""

    source: str
    target: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """The flows of each step, kW, none negative: every source is used up and every use is served."""

    parts: FlowParts
    flows: dict[tuple[Source, Use], Values]

    def kwh(self, source: Source, use: Use) -> float:
        """Return the energy of one flow."""
        return float(self.flows[source, use].sum() * self.parts.step_h)

    @property
    def in_kwh(self) -> float:
        """What the meters saw coming in: PV, discharge, import."""
        return sum(self.kwh(source, use) for source, use in self.flows if source is not Source.UNKNOWN)

    @property
    def unknown_kwh(self) -> float:
        """What the meters do not explain, on either side."""
        known = {Source.PV, Source.BATTERY, Source.GRID}
        return sum(self.kwh(s, u) for s, u in self.flows if s not in known or u is Use.UNKNOWN)

    @property
    def residual(self) -> float | None:
        """The share (0..1) of what came in that is not accounted for; None where nothing came in."""
        return self.unknown_kwh / self.in_kwh if self.in_kwh > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What the sub-meters count beyond the load's own meter: in how many steps, and kWh."""

    steps: int
    kwh: float


def attribute(parts: FlowParts) -> Attributed:
    """Return where the energy of each step came from and went."""
    left = {
        Source.PV: parts.total(Quantity.PV_KW).copy(),
        Source.BATTERY: parts.total(Quantity.DISCHARGE_KW).copy(),
        Source.GRID: parts.total(Quantity.IMPORT_KW).copy(),
    }
    wanted = {
        Use.LOAD: parts.total(Quantity.LOAD_KW).copy(),
        Use.CHARGE: parts.total(Quantity.CHARGE_KW).copy(),
        Use.EXPORT: parts.total(Quantity.EXPORT_KW).copy(),
    }
    flows = {(source, use): _moved(left[source], wanted[use]) for source, use in _ORDER}
    flows |= {(source, Use.UNKNOWN): _rest(power) for source, power in left.items()}
    flows |= {(Source.UNKNOWN, use): _rest(power) for use, power in wanted.items()}
    return Attributed(parts=parts, flows=flows)


_ORDER = (
    (Source.PV, Use.LOAD),
    (Source.BATTERY, Use.CHARGE),
    (Source.BATTERY, Use.LOAD),
    (Source.GRID, Use.LOAD),
    (Source.PV, Use.CHARGE),
    (Source.GRID, Use.CHARGE),
    (Source.PV, Use.EXPORT),
    (Source.BATTERY, Use.EXPORT),
    (Source.GRID, Use.EXPORT),
)
"""Who serves whom first; the battery's own two directions meet before it serves the load."""


def energy_rates(_source: Source, _use: Use) -> float:
    """Return what one kWh is worth in kWh."""
    return 1.0


def cost_rates(import_price: Values, export_price: Values) -> Rates:
    """Return what one kWh is worth in money: fed in it earns the export price, used here it is worth the import price.

    For the grid that is what was paid; for PV and battery it is what the same kWh would have cost.
    """
    return lambda _source, use: export_price if use is Use.EXPORT else import_price


def co2_rates(kg_per_kwh: Values) -> Rates:
    """Return what one kWh is worth in kg CO2: only the grid's energy carries any, in the step in which it came in."""
    return lambda source, _use: kg_per_kwh if source is Source.GRID else 0.0


def edges_of(attributed: Attributed, rates: Rates = energy_rates) -> list[Edge]:
    """Return all flows over the range, between the parts of arrays and loads: for each node in between, In is Out."""
    parts, hours = attributed.parts, attributed.parts.step_h
    worth = {(s, u): power * rates(s, u) * hours for (s, u), power in attributed.flows.items()}
    edges = _array_edges(parts, worth)
    for (source, use), amounts in worth.items():
        if use is not Use.LOAD:
            edges.append(Edge(source=source, target=use, amount=float(amounts.sum())))
        else:
            edges += [
                Edge(source=source, target=key, amount=float((amounts * share).sum()))
                for key, share in _shares(parts.load.to_numpy(dtype=float), load_keys(parts)).items()
            ]
    excess_rate = rates(Source.UNKNOWN, Use.LOAD)
    return edges + _sub_edges(parts, sum(worth[source, Use.LOAD] for source in Source), excess_rate)


def price_difference(attributed: Attributed, import_price: Values, export_price: Values) -> Edge:
    """Return what was lost by buying and feeding in within one step: paid at one price, earned at the other."""
    through = attributed.flows[Source.GRID, Use.EXPORT] * attributed.parts.step_h
    lost = float((through * (import_price - export_price)).sum())
    return Edge(source=Source.GRID, target=Further.PRICE_DIFFERENCE, amount=lost)


def array_keys(parts: FlowParts) -> list[str]:
    """Return the nodes of the single arrays; none where there is only one, which is the node of PV itself."""
    return [f"pv:{name}" for name in parts.pv.columns] if parts.pv.shape[1] > 1 else []


def load_keys(parts: FlowParts) -> list[str]:
    """Return the nodes of the loads; a single one is the node of the load itself."""
    return [f"load:{name}" for name in parts.load.columns] if parts.load.shape[1] > 1 else [Use.LOAD.value]


def sub_keys(parts: FlowParts) -> list[str]:
    """Return the nodes behind the load: sub-meters of several loads cannot be told apart and are no nodes."""
    return [f"sub:{name}" for name in parts.subs.columns] if parts.load.shape[1] == 1 else []


def excess_of(parts: FlowParts) -> Excess:
    """Return by how much, and in how many steps, the sub-meters together exceed the load."""
    beyond = parts.subs.fillna(0.0).sum(axis=1).to_numpy(dtype=float) - parts.total(Quantity.LOAD_KW)
    over = beyond > NOTHING_KW
    return Excess(steps=int(over.sum()), kwh=float(beyond[over].sum() * parts.step_h))


def _moved(left: Values, wanted: Values) -> Values:
    """Move as much as goes from a source that is `left` to a use that is `wanted`; both are reduced in place."""
    moved: Values = np.minimum(left, wanted)
    left -= moved
    wanted -= moved
    return moved


def _rest(power: Values) -> Values:
    """Return what nothing explains; rounding is not a finding."""
    return np.where(power > NOTHING_KW, power, 0.0)


def _shares(powers: Values, keys: list[str]) -> dict[str, Values]:
    """Return each part's share of the sum in each step; equal shares of nothing where the sum is 0."""
    whole = powers.sum(axis=1)
    safe = np.where(whole > 0, whole, 1.0)
    return {key: np.where(whole > 0, powers[:, place] / safe, 1.0 / len(keys)) for place, key in enumerate(keys)}


def _array_edges(parts: FlowParts, worth: dict[tuple[Source, Use], Values]) -> list[Edge]:
    keys = array_keys(parts)
    if not keys:
        return []
    out = sum(amounts for (source, _use), amounts in worth.items() if source is Source.PV)
    shares = _shares(parts.pv.to_numpy(dtype=float), keys)
    return [Edge(source=key, target=Source.PV, amount=float((out * share).sum())) for key, share in shares.items()]


def _sub_edges(parts: FlowParts, into_load: Values | float, excess_rate: Values | float) -> list[Edge]:
    """Return the flows behind the load: each sub-meter, the rest, and what the sub-meters count beyond the load."""
    keys = sub_keys(parts)
    if not keys:
        return []
    load, subs = parts.total(Quantity.LOAD_KW), parts.subs.fillna(0.0).to_numpy(dtype=float)
    counted = subs.sum(axis=1)
    fitting = np.where(counted > load, load / np.where(counted > 0, counted, 1.0), 1.0)
    per_kw = into_load / np.where(load > 0, load, 1.0)
    edges = []
    for place, key in enumerate(keys):
        inside = subs[:, place] * fitting
        edges.append(Edge(source=Use.LOAD, target=key, amount=float((inside * per_kw).sum())))
        beyond = (subs[:, place] - inside) * excess_rate * parts.step_h
        edges.append(Edge(source=Further.EXCESS, target=key, amount=float(beyond.sum())))
    other = np.clip(load - counted * fitting, 0.0, None)
    return [*edges, Edge(source=Use.LOAD, target=Further.OTHER_USES, amount=float((other * per_kw).sum()))]
