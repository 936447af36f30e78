"""The time of the store, and decisions made on the real file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from dash_app.workflows.review import ReviewPorts, approve
from services.store import PlanStore
from tests.fakes.api import FakeSites
from tests.fakes.payloads import a_payload, a_telemetry
from tests.fakes.people import a_session
from tests.fakes.places import SITE
from tests.fakes.store import FakeLink


def test_without_a_test_clock_every_time_is_the_stores_own(store: PlanStore) -> None:
    rounding = timedelta(milliseconds=1)
    before = datetime.now(UTC) - rounding
    at = store.audit.append(who="max", what="signed in").at
    assert before <= at <= datetime.now(UTC) + rounding
    assert store.audit.rows()[0].at == at


def test_a_lease_runs_out_by_the_stores_own_clock(store: PlanStore) -> None:
    first = store.leases.acquire("dispatcher", "one", timedelta(0))
    second = store.leases.acquire("dispatcher", "two", timedelta(hours=1))
    assert first is not None
    assert second is not None
    assert (first.epoch, second.epoch) == (1, 2)
    assert store.leases.acquire("dispatcher", "one", timedelta(hours=1)) is None


def test_an_approval_that_returned_stands_in_the_file(store: PlanStore) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    plan = store.recommendations.add(a_payload(start=now), by="planner")
    store.states.put_telemetry(a_telemetry(at=now))
    given = ReviewPorts(
        recommendations=store.recommendations,
        states=store.states,
        sites=FakeSites(SITE),
        audit=store.audit,
        link=FakeLink(),
        reread=lambda session: session,
        clock=lambda: now,
    )
    approve(given, a_session(), plan.recommendation_id, version=plan.version, digest=plan.digest)
    with closing(sqlite3.connect(store.database.path)) as connection:
        rows = connection.execute("SELECT state, version, changed_by FROM recommendations").fetchall()
    assert rows == [("approved", 2, "max@example.org")]
