"""A dispatcher's bench: a fake store, a fake plant and a clock that moves both times at once."""

from __future__ import annotations

from datetime import timedelta

from controllers.law import setpoint_kw
from dash_app.domain.dispatch import Stage
from dash_app.domain.recommendation import Payload, Recommendation, State
from dash_app.domain.site import Site
from dash_app.workflows.dispatch import dispatch_device
from dash_app.workflows.dispatch_gate import Gate, GatedPlant
from dash_app.workflows.dispatch_pacing import DEFAULT_RULES, LoopRules
from dash_app.workflows.dispatch_state import LEASE_NAME, DispatchPorts, Hand, Tenure
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import a_payload
from tests.fakes.plant import FakePlant
from tests.fakes.store import FakeStore

POLL = timedelta(seconds=5)


class FakeSpool:
    """Records in a list."""

    def __init__(self) -> None:
        self.kept: list[dict[str, str]] = []

    def append(self, record: dict[str, str]) -> None:
        self.kept.append(record)

    def records(self) -> tuple[dict[str, str], ...]:
        return tuple(self.kept)


class NoSites:
    """A SITES_FILE that says nothing."""

    def site_of(self, project_id: str) -> Site | None:
        return None

    def all_sites(self) -> tuple[Site, ...]:
        return ()


class Bench:
    """Everything one dispatcher has in its hands."""

    def __init__(self, sites: NoSites | None = None, rules: LoopRules = DEFAULT_RULES) -> None:
        self.sites, self.rules = sites or NoSites(), rules
        self.clock = FakeClock()
        self.store = FakeStore(self.clock)
        self.plant = FakePlant(self.clock)
        self.spool = FakeSpool()
        self.given = self.ports()
        self.hand = self.fresh_hand()
        self.tenure = self.take_lease("first")

    def ports(self) -> DispatchPorts:
        began = self.clock.now
        return DispatchPorts(
            recommendations=self.store.recommendations,
            ledger=self.store.ledger,
            leases=self.store.leases,
            alarms=self.store.alarms,
            states=self.store.states,
            audit=self.store.audit,
            sites=self.sites,
            spool=self.spool,
            gate=Gate(),
            law=setpoint_kw,
            clock=self.clock,
            monotonic=lambda: (self.clock.now - began).total_seconds(),
            rules_of=lambda _: self.rules,
        )

    def fresh_hand(self) -> Hand:
        return Hand(plant=GatedPlant(self.plant, self.given.gate))

    def take_lease(self, holder: str) -> Tenure:
        lease = self.store.leases.acquire(LEASE_NAME, holder, timedelta(hours=10))
        assert lease is not None
        return Tenure(lease=lease, until=36_000.0)

    def approve(self, payload: Payload | None = None) -> Recommendation:
        plan = self.store.recommendations.add(payload or a_payload(), by="planner")
        return self.move(plan, State.APPROVED, who="grace")

    def move(self, plan: Recommendation, after: State, who: str = "grace") -> Recommendation:
        now = self.store.recommendations.get(plan.recommendation_id)
        assert now is not None
        return self.store.recommendations.move(
            now.recommendation_id, version=now.version, digest=now.digest, before={now.state}, after=after, who=who
        )

    def state_of(self, plan: Recommendation) -> State:
        now = self.store.recommendations.get(plan.recommendation_id)
        assert now is not None
        return now.state

    def tick(self, times: int = 1, every: timedelta = POLL) -> None:
        for _ in range(times):
            dispatch_device(self.given, self.hand, self.tenure)
            self.clock.advance(every)

    def stages(self) -> list[Stage]:
        return [row.stage for row in self.store.ledger.kept]

    def alarms(self) -> set[str]:
        return {alarm.kind for alarm in self.store.alarms.open_alarms()}
