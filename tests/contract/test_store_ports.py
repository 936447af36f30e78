"""What every store promises: run on the file and on the fakes that other tests stand on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.domain.dispatch import Lease, Stage
from dash_app.domain.errors import DecisionConflict, LeaseLost, NotFound, SessionEnded
from dash_app.domain.recommendation import IN_FORCE, Recommendation, State
from services.store import PlanStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON, QUARTER, a_payload, a_telemetry, an_order
from tests.fakes.people import a_sign_in
from tests.fakes.store import FakeStore

Store = PlanStore | FakeStore
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture(params=["file", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    if request.param == "fake":
        yield FakeStore(clock)
        return
    real = open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40, clock=clock)
    yield real
    real.close()


def moved(store: Store, one: Recommendation, after: State, who: str = "max@example.org") -> Recommendation:
    return store.recommendations.move(
        one.recommendation_id, version=one.version, digest=one.digest, before=(one.state,), after=after, who=who
    )


# --- recommendations


def test_a_recommendation_comes_back_as_it_was_added(store: Store) -> None:
    added = store.recommendations.add(a_payload(), by="planner")
    assert (added.number, added.version, added.state, added.label) == (1, 1, State.PROPOSED, "R-1")
    assert store.recommendations.get(added.recommendation_id) == added
    assert added.payload == a_payload()
    assert added.digest == a_payload().digest


def test_an_unknown_recommendation_is_none_and_cannot_be_moved(store: Store) -> None:
    assert store.recommendations.get("nobody") is None
    with pytest.raises(NotFound):
        store.recommendations.move("nobody", version=1, digest="", before=(), after=State.APPROVED, who="max")


def test_numbers_count_per_project(store: Store) -> None:
    numbers = [store.recommendations.add(a_payload(name), by="p").number for name in ("monash", "monash", "fontana-1")]
    assert numbers == [1, 2, 1]


def test_a_new_proposal_supersedes_the_older_ones_of_its_project_only(store: Store) -> None:
    old = store.recommendations.add(a_payload(), by="planner")
    other = store.recommendations.add(a_payload("fontana-1"), by="planner")
    new = store.recommendations.add(a_payload(), by="planner")
    states = [store.recommendations.get(one.recommendation_id).state for one in (old, other, new)]  # type: ignore[union-attr]
    assert states == [State.SUPERSEDED, State.PROPOSED, State.PROPOSED]
    assert store.recommendations.transitions(old.recommendation_id)[-1].why == "by R-2"


def test_a_proposal_named_in_keep_stays_open(store: Store) -> None:
    old = store.recommendations.add(a_payload(), by="planner")
    store.recommendations.add(a_payload(), by="planner", keep=(old.recommendation_id,))
    assert store.recommendations.get(old.recommendation_id) == old


def test_an_approved_plan_survives_a_new_proposal(store: Store) -> None:
    approved = moved(store, store.recommendations.add(a_payload(), by="planner"), State.APPROVED)
    store.recommendations.add(a_payload(), by="planner")
    assert store.recommendations.in_force("monash") == approved


def test_the_newest_come_first_and_at_most_as_many_as_asked(store: Store) -> None:
    for _ in range(3):
        store.recommendations.add(a_payload(), by="planner")
    assert [one.number for one in store.recommendations.newest("monash", limit=2)] == [3, 2]
    assert store.recommendations.newest("elsewhere") == ()


def test_a_move_adds_one_to_the_version_and_a_row_to_the_record(store: Store, clock: FakeClock) -> None:
    added = store.recommendations.add(a_payload(), by="planner")
    clock.advance(MINUTE)
    approved = moved(store, added, State.APPROVED)
    assert (approved.version, approved.state, approved.changed_by) == (2, State.APPROVED, "max@example.org")
    rows = store.recommendations.transitions(added.recommendation_id)
    assert [(row.before, row.after, row.at - NOON) for row in rows] == [
        (None, State.PROPOSED, timedelta(0)),
        (State.PROPOSED, State.APPROVED, MINUTE),
    ]


@pytest.mark.parametrize(
    "wrong", [{"version": 2}, {"digest": "0" * 64}, {"before": (State.ACTIVE,)}, {"after": State.COMPLETED}]
)
def test_a_move_on_anything_but_what_stands_names_who_and_when(store: Store, wrong: dict[str, object]) -> None:
    added = store.recommendations.add(a_payload(), by="planner")
    asked: dict[str, object] = {
        "version": 1,
        "digest": added.digest,
        "before": (State.PROPOSED,),
        "after": State.APPROVED,
    }
    with pytest.raises(DecisionConflict, match=r"R-1 is proposed since 2026-11-03 12:00 UTC, by planner") as caught:
        store.recommendations.move(added.recommendation_id, who="max", **{**asked, **wrong})  # type: ignore[arg-type]
    assert (caught.value.who, caught.value.at) == ("planner", NOON)
    assert store.recommendations.get(added.recommendation_id) == added


def test_there_are_never_two_plans_in_force(store: Store) -> None:
    first = moved(store, store.recommendations.add(a_payload(), by="planner"), State.APPROVED)
    first = moved(store, first, State.ACTIVE)
    second = moved(store, store.recommendations.add(a_payload(), by="planner"), State.APPROVED)
    assert store.recommendations.in_force("monash") == second
    replaced = store.recommendations.get(first.recommendation_id)
    assert replaced is not None
    assert (replaced.state, replaced.version) == (State.SUPERSEDED, first.version + 1)
    assert sum(one.state in IN_FORCE for one in store.recommendations.newest("monash")) == 1


def test_twenty_people_approving_at_once_have_one_winner(store: Store) -> None:
    added = store.recommendations.add(a_payload(), by="planner")
    ready = threading.Barrier(20)

    def approve(place: int) -> str:
        ready.wait()
        try:
            return moved(store, added, State.APPROVED, who=f"manager {place}").changed_by
        except DecisionConflict as conflict:
            return f"lost to {conflict.who}"

    with ThreadPoolExecutor(20) as pool:
        ends = list(pool.map(approve, range(20)))
    winners = [end for end in ends if not end.startswith("lost")]
    assert len(winners) == 1
    assert ends.count(f"lost to {winners[0]}") == 19
    assert len(store.recommendations.transitions(added.recommendation_id)) == 2


def test_what_is_due_expires_and_what_is_active_does_not(store: Store) -> None:
    due = [store.recommendations.add(a_payload("one"), by="p"), store.recommendations.add(a_payload("two"), by="p")]
    due[1] = moved(store, due[1], State.APPROVED)
    waiting = moved(store, store.recommendations.add(a_payload("three"), by="p"), State.AWAITING_SECOND)
    active = moved(
        store, moved(store, store.recommendations.add(a_payload("four"), by="p"), State.APPROVED), State.ACTIVE
    )
    later = store.recommendations.add(a_payload("five", expires_at=NOON + timedelta(hours=2)), by="p")
    assert store.recommendations.expire_due(NOON + timedelta(minutes=59)) == ()
    expired = store.recommendations.expire_due(NOON + timedelta(hours=1))
    assert {one.recommendation_id for one in expired} == {one.recommendation_id for one in (*due, waiting)}
    assert {one.state for one in expired} == {State.EXPIRED}
    assert store.recommendations.get(active.recommendation_id) == active
    assert store.recommendations.get(later.recommendation_id) == later


def test_every_change_of_state_is_in_the_audit_trail(store: Store) -> None:
    moved(store, store.recommendations.add(a_payload(), by="planner"), State.REJECTED)
    rows = store.audit.rows(project_id="monash")
    assert [(row.who, row.what) for row in rows] == [
        ("max@example.org", "recommendation rejected"),
        ("planner", "recommendation proposed"),
    ]
    assert rows[0].detail.startswith("R-1 ")


# --- leases and ledger


def held(store: Store, holder: str = "one", ttl: timedelta = MINUTE) -> Lease:
    lease = store.leases.acquire("dispatcher", holder, ttl)
    assert lease is not None
    return lease


def test_a_lease_has_one_holder_who_keeps_the_epoch(store: Store) -> None:
    first = held(store)
    assert (first.epoch, first.expires_at) == (1, NOON + MINUTE)
    assert store.leases.acquire("dispatcher", "two", MINUTE) is None
    assert held(store).epoch == 1
    assert store.leases.acquire("planner", "two", MINUTE) is not None


def test_a_lease_that_ran_out_gets_a_new_epoch_and_the_old_holder_loses(store: Store, clock: FakeClock) -> None:
    first = held(store)
    clock.advance(MINUTE)
    assert not store.leases.is_newest(first)
    second = held(store, "two")
    assert second.epoch == 2
    with pytest.raises(LeaseLost, match="one lost the lease dispatcher, epoch 1"):
        store.leases.renew(first, MINUTE)
    assert held(store, "two").epoch == 2


def test_renewing_a_lease_moves_its_end(store: Store, clock: FakeClock) -> None:
    lease = held(store)
    clock.advance(MINUTE / 3)
    renewed = store.leases.renew(lease, MINUTE)
    assert (renewed.epoch, renewed.expires_at) == (1, NOON + MINUTE * 4 / 3)
    assert store.leases.is_newest(lease)


def test_a_lease_given_up_is_free_at_once_and_somebody_elses_is_not(store: Store) -> None:
    first = held(store)
    store.leases.give_up(first)
    second = held(store, "two")
    store.leases.give_up(first)
    assert second.epoch == 2
    assert store.leases.is_newest(second)


def test_an_intent_is_recorded_under_the_newest_lease_only(store: Store, clock: FakeClock) -> None:
    order = an_order(store.recommendations.add(a_payload(), by="planner"))
    lease = held(store)
    row = store.ledger.intend(order, lease, sequence=1, setpoint_kw=10.0)
    assert (row.stage, row.epoch, row.sequence, row.setpoint_kw) == (Stage.INTENDED, 1, 1, 10.0)
    clock.advance(MINUTE)
    with pytest.raises(LeaseLost):
        store.ledger.intend(order, lease, sequence=2, setpoint_kw=10.0)
    held(store, "two")
    with pytest.raises(LeaseLost):
        store.ledger.intend(order, lease, sequence=2, setpoint_kw=10.0)
    assert store.ledger.rows_of(order.order_id) == (row,)


def test_what_happened_is_recorded_even_when_the_lease_is_lost(store: Store, clock: FakeClock) -> None:
    order = an_order(store.recommendations.add(a_payload(), by="planner"))
    lease = held(store)
    store.ledger.intend(order, lease, sequence=1, setpoint_kw=10.0)
    clock.advance(MINUTE)
    store.ledger.append(order, lease, sequence=1, stage=Stage.SENT, setpoint_kw=10.0)
    store.ledger.append(order, lease, sequence=1, stage=Stage.FOLLOWED, measured_kw=9.9, note="meter")
    rows = store.ledger.rows_of(order.order_id)
    assert [row.stage for row in rows] == [Stage.INTENDED, Stage.SENT, Stage.FOLLOWED]
    assert (rows[2].measured_kw, rows[2].note, rows[2].setpoint_kw) == (9.9, "meter", None)
    assert (rows[0].slot_start, rows[0].slot_end) == (NOON, NOON + QUARTER)


def test_an_order_stands_in_the_audit_trail_once_for_each_stage_that_matters(store: Store) -> None:
    plan = store.recommendations.add(a_payload(), by="planner")
    lease, order = held(store), an_order(plan)
    for sequence in (1, 2):
        store.ledger.intend(order, lease, sequence=sequence, setpoint_kw=10.0)
        for stage in (Stage.SENT, Stage.READ_BACK):
            store.ledger.append(order, lease, sequence=sequence, stage=stage, setpoint_kw=10.0)
    store.ledger.append(
        order, lease, sequence=2, stage=Stage.UNVERIFIED, setpoint_kw=10.0, measured_kw=3.0, note="stuck"
    )
    rows = [row for row in store.audit.rows(project_id="monash") if row.who == "dispatcher"]
    assert [(row.what, row.after) for row in rows] == [
        ("order unverified", "set-point 10.000 kW, measured 3.000 kW"),
        ("order begins", "set-point 10.000 kW"),
    ]
    assert rows[0].detail.endswith(f"order {order.order_id}, plan {plan.recommendation_id}, stuck")


def test_the_ledger_of_a_project_gives_its_newest_rows_oldest_first(store: Store, clock: FakeClock) -> None:
    order = an_order(store.recommendations.add(a_payload(), by="planner"))
    foreign = an_order(store.recommendations.add(a_payload("fontana-1"), by="planner"))
    lease = held(store, ttl=timedelta(hours=1))
    for sequence in range(4):
        store.ledger.intend(order, lease, sequence=sequence, setpoint_kw=1.0)
        store.ledger.intend(foreign, lease, sequence=sequence, setpoint_kw=1.0)
        clock.advance(MINUTE)
    assert [row.sequence for row in store.ledger.rows("monash", NOON, limit=2)] == [2, 3]
    assert [row.sequence for row in store.ledger.rows("monash", NOON + 3 * MINUTE)] == [3]


# --- sessions


def test_a_session_comes_back_until_it_ends_by_itself(store: Store, clock: FakeClock) -> None:
    session = store.sessions.open(a_sign_in(), timedelta(hours=12))
    assert store.sessions.get(session.session_id) == session
    assert (session.opened_at, session.expires_at) == (NOON, NOON + timedelta(hours=12))
    assert (session.person, session.projects, session.token) == (
        a_sign_in().person,
        a_sign_in().projects,
        a_sign_in().token,
    )
    clock.advance(timedelta(hours=12))
    assert store.sessions.get(session.session_id) is None


def test_every_session_has_another_id(store: Store) -> None:
    ids = {store.sessions.open(a_sign_in(), MINUTE).session_id for _ in range(5)}
    assert len(ids) == 5


def test_a_closed_session_is_over_and_cannot_be_renewed(store: Store) -> None:
    session = store.sessions.open(a_sign_in(), MINUTE)
    other = store.sessions.open(a_sign_in(), MINUTE)
    store.sessions.close(session.session_id)
    assert store.sessions.get(session.session_id) is None
    assert store.sessions.get(other.session_id) == other
    with pytest.raises(SessionEnded):
        store.sessions.renew(session.session_id, a_sign_in())


def test_all_sessions_of_a_person_but_one_are_ended(store: Store) -> None:
    first, second, third = (store.sessions.open(a_sign_in(), MINUTE) for _ in range(3))
    somebody = store.sessions.open(a_sign_in("mia@example.org"), MINUTE)
    assert store.sessions.close_others(first.person.user_id, but=second.session_id) == 2
    assert [store.sessions.get(one.session_id) for one in (first, second, third)] == [None, second, None]
    assert store.sessions.get(somebody.session_id) == somebody
    assert store.sessions.close_others("nobody", but="nothing") == 0


def test_renewing_replaces_the_token_and_the_roles_but_not_the_end(store: Store) -> None:
    session = store.sessions.open(a_sign_in(), timedelta(hours=12))
    store.sessions.postpone(session.session_id, NOON + MINUTE)
    assert store.sessions.get(session.session_id).renew_after == NOON + MINUTE  # type: ignore[union-attr]
    again = a_sign_in(access="second", roles=frozenset())
    renewed = store.sessions.renew(session.session_id, again)
    assert (renewed.token.access, renewed.projects) == ("second", again.projects)
    assert (renewed.expires_at, renewed.renew_after) == (session.expires_at, None)
    assert store.sessions.get(session.session_id) == renewed


def test_only_one_thread_at_a_time_renews_a_session(store: Store) -> None:
    session = store.sessions.open(a_sign_in(), MINUTE)
    inside, seen = [0], []
    ready = threading.Barrier(5)

    def renew(_place: int) -> None:
        ready.wait()
        with store.sessions.only_one(session.session_id):
            inside[0] += 1
            seen.append(inside[0])
            inside[0] -= 1

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(renew, range(5)))
    assert seen == [1] * 5


# --- audit, alarms, states


def test_audit_rows_come_newest_first_and_by_project(store: Store) -> None:
    store.audit.append(who="max", what="signed in")
    store.audit.append(who="max", what="stopped", project_id="monash", detail="R-1")
    assert [row.what for row in store.audit.rows()] == ["stopped", "signed in"]
    assert [row.what for row in store.audit.rows(limit=1)] == ["stopped"]
    assert [row.detail for row in store.audit.rows(project_id="monash")] == ["R-1"]
    assert store.audit.first_broken() is None


def test_the_audit_chain_grows_with_every_row(store: Store) -> None:
    chains = {store.audit.append(who="max", what="signed in").chain for _ in range(3)}
    assert len(chains) == 3


def test_raising_an_open_alarm_again_changes_nothing(store: Store, clock: FakeClock) -> None:
    first = store.alarms.raise_alarm("monash", "telemetry", "Three polls were missed.")
    clock.advance(MINUTE)
    assert store.alarms.raise_alarm("monash", "telemetry", "Four polls were missed.") == first
    store.alarms.raise_alarm("monash", "plan ended", "No plan follows R-1.")
    store.alarms.raise_alarm("fontana-1", "telemetry", "Three polls were missed.")
    assert [one.kind for one in store.alarms.open_alarms("monash")] == ["telemetry", "plan ended"]
    assert len(store.alarms.open_alarms()) == 3


def test_a_cleared_alarm_is_gone_and_can_be_raised_anew(store: Store) -> None:
    first = store.alarms.raise_alarm("monash", "telemetry", "Three polls were missed.")
    store.alarms.clear("monash", "telemetry")
    store.alarms.clear("monash", "never raised")
    assert store.alarms.open_alarms() == ()
    assert store.alarms.raise_alarm("monash", "telemetry", "Again.").alarm_id != first.alarm_id


def test_the_newest_telemetry_replaces_the_older_and_unknown_stays_unknown(store: Store) -> None:
    assert store.states.telemetry("monash-ess1") is None
    store.states.put_telemetry(a_telemetry())
    newer = a_telemetry(at=NOON + MINUTE, soc=None, boot_count=None)
    store.states.put_telemetry(newer)
    store.states.put_telemetry(a_telemetry("other"))
    assert store.states.telemetry("monash-ess1") == newer


def test_heartbeats_are_kept_by_name_with_the_time_of_the_store(store: Store, clock: FakeClock) -> None:
    store.states.beat("planner", "idle")
    clock.advance(MINUTE)
    store.states.beat("dispatcher")
    store.states.beat("planner", "solving")
    beats = store.states.heartbeats()
    assert [(one.name, one.detail, one.at) for one in beats] == [
        ("dispatcher", "", NOON + MINUTE),
        ("planner", "solving", NOON + MINUTE),
    ]
