"""Whatever is asked of a store that does not answer: StoreUnavailable, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.domain.audit import AuditQuery
from dash_app.domain.dispatch import Lease, Order, Stage
from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.recommendation import State
from dash_app.domain.site import Quantity
from services.store import PlanStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.forecast_ledger import a_forecast, a_model, a_switch
from tests.fakes.payloads import NOON, a_payload, a_step, a_telemetry
from tests.fakes.people import a_sign_in
from tests.fakes.store import FakeStore

Store = PlanStore | FakeStore
MINUTE = timedelta(minutes=1)
LEASE = Lease(name="dispatcher", holder="one", epoch=1, expires_at=NOON + MINUTE)


ORDER = Order.of(recommendation_id="r", project_id="monash", device_id="d", step=a_step(), payload_digest="00")

CALLS: dict[str, Callable[[Store], object]] = {
    "sessions.open": lambda store: store.sessions.open(a_sign_in(), MINUTE),
    "sessions.get": lambda store: store.sessions.get("one"),
    "sessions.renew": lambda store: store.sessions.renew("one", a_sign_in()),
    "sessions.postpone": lambda store: store.sessions.postpone("one", NOON),
    "sessions.close": lambda store: store.sessions.close("one"),
    "sessions.close_others": lambda store: store.sessions.close_others("7", but="one"),
    "recommendations.add": lambda store: store.recommendations.add(a_payload(), by="planner"),
    "recommendations.get": lambda store: store.recommendations.get("r"),
    "recommendations.newest": lambda store: store.recommendations.newest("monash"),
    "recommendations.in_force": lambda store: store.recommendations.in_force("monash"),
    "recommendations.move": lambda store: store.recommendations.move(
        "r", version=1, digest="00", before=(State.PROPOSED,), after=State.APPROVED, who="max"
    ),
    "recommendations.expire_due": lambda store: store.recommendations.expire_due(NOON),
    "recommendations.transitions": lambda store: store.recommendations.transitions("r"),
    "ledger.intend": lambda store: store.ledger.intend(ORDER, LEASE, sequence=1, setpoint_kw=1.0),
    "ledger.append": lambda store: store.ledger.append(ORDER, LEASE, sequence=1, stage=Stage.SENT),
    "ledger.rows": lambda store: store.ledger.rows("monash", NOON),
    "ledger.rows_of": lambda store: store.ledger.rows_of("o"),
    "leases.acquire": lambda store: store.leases.acquire("dispatcher", "one", MINUTE),
    "leases.renew": lambda store: store.leases.renew(LEASE, MINUTE),
    "leases.is_newest": lambda store: store.leases.is_newest(LEASE),
    "leases.give_up": lambda store: store.leases.give_up(LEASE),
    "audit.append": lambda store: store.audit.append(who="max", what="signed in"),
    "audit.rows": lambda store: store.audit.rows(),
    "audit.first_broken": lambda store: store.audit.first_broken(),
    "audit.find": lambda store: store.audit.find(AuditQuery()),
    "audit.count": lambda store: store.audit.count(AuditQuery()),
    "audit.check": lambda store: store.audit.check(),
    "alarms.raise_alarm": lambda store: store.alarms.raise_alarm("monash", "telemetry", "gone"),
    "alarms.clear": lambda store: store.alarms.clear("monash", "telemetry"),
    "alarms.open_alarms": lambda store: store.alarms.open_alarms(),
    "states.put_telemetry": lambda store: store.states.put_telemetry(a_telemetry()),
    "states.telemetry": lambda store: store.states.telemetry("monash-ess1"),
    "states.beat": lambda store: store.states.beat("planner"),
    "states.heartbeats": lambda store: store.states.heartbeats(),
    "forecasts.record": lambda store: store.forecasts.record([a_forecast()]),
    "forecasts.issued": lambda store: store.forecasts.issued("monash", Quantity.LOAD_KW, NOON, NOON + MINUTE),
    "forecasts.known_at": lambda store: store.forecasts.known_at("monash", Quantity.LOAD_KW, NOON),
    "forecasts.add_model": lambda store: store.forecasts.add_model(a_model()),
    "forecasts.models": lambda store: store.forecasts.models("monash", Quantity.LOAD_KW),
    "forecasts.add_switch": lambda store: store.forecasts.add_switch(a_switch()),
    "forecasts.switches": lambda store: store.forecasts.switches("monash", Quantity.LOAD_KW),
}
PORTS = ("sessions", "recommendations", "ledger", "leases", "audit", "alarms", "states", "forecasts")


@pytest.fixture(params=["file", "fake"])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "fake":
        fake = FakeStore(FakeClock())
        fake.broken = True
        yield fake
        return
    real = open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40)
    real.close()
    real.database.path.write_bytes(b"no database any more " * 500)
    yield real
    real.close()


def test_every_call_of_every_port_stands_in_the_table(broken: Store) -> None:
    ports = {name: getattr(broken, name) for name in PORTS}
    known = {f"{name}.{call}" for name, port in ports.items() for call in dir(port) if not call.startswith("_")}
    assert known - {"audit.kept", "ledger.kept", "alarms.kept", "forecasts.kept", "sessions.only_one"} == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_store_that_does_not_answer_says_so(broken: Store, name: str) -> None:
    with pytest.raises(StoreUnavailable, match="The plan store"):
        CALLS[name](broken)
