"""Deciding on a plan: who may, on what, and what happens when it is no longer what stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from dash_app.domain.errors import (
    ApiUnavailable,
    DecisionConflict,
    DeviceUnreachable,
    EnergyError,
    Infeasible,
    NotFound,
    NotPermitted,
    StaleData,
    StoreUnavailable,
)
from dash_app.domain.ports import Session
from dash_app.domain.project import Role
from dash_app.domain.recommendation import Recommendation, State
from dash_app.workflows.review import ReviewPorts, approve, reject, still_open, stop, withdraw
from tests.fakes.api import FakeSites
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON, QUARTER, a_payload, a_step, a_telemetry
from tests.fakes.people import a_session, with_roles
from tests.fakes.places import SITE
from tests.fakes.store import FakeLink, FakeStore

MANAGER = a_session()
SECOND = a_session("mia@example.org")
ANALYST = a_session("ada@example.org", roles=frozenset({Role.ANALYST}))


class Desk:
    """The ports of a review on fakes, with one proposal on the table."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.store = FakeStore(self.clock)
        self.link = FakeLink()
        self.sites = FakeSites(SITE)
        self.reread: Callable[[Session], Session] = lambda session: session
        self.plan = self.store.recommendations.add(a_payload(), by="planner")
        self.store.states.put_telemetry(a_telemetry())

    @property
    def given(self) -> ReviewPorts:
        return ReviewPorts(
            recommendations=self.store.recommendations,
            states=self.store.states,
            sites=self.sites,
            audit=self.store.audit,
            link=self.link,
            reread=self.reread,
            clock=self.clock,
        )

    def approve(self, who: Session = MANAGER, plan: Recommendation | None = None) -> Recommendation:
        plan = plan or self.plan
        return approve(self.given, who, plan.recommendation_id, version=plan.version, digest=plan.digest)

    def stands(self) -> Recommendation:
        found = self.store.recommendations.get(self.plan.recommendation_id)
        assert found is not None
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_managers_approval_puts_the_plan_into_force(desk: Desk) -> None:
    approved = desk.approve()
    assert (approved.state, approved.changed_by, approved.version) == (State.APPROVED, "max@example.org", 2)
    assert desk.store.recommendations.in_force("monash") == approved
    assert desk.store.audit.rows()[0].what == "recommendation approved"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.OPERATOR, Role.ADMIN])
def test_nobody_but_a_manager_can_approve_and_the_attempt_is_audited(desk: Desk, role: Role) -> None:
    with pytest.raises(NotPermitted, match=r"Only managers can approve\."):
        desk.approve(a_session("ada@example.org", roles=frozenset({role})))
    assert desk.stands() == desk.plan
    row = desk.store.audit.rows()[0]
    assert (row.who, row.what, row.project_id) == ("ada@example.org", "refused: approve", "monash")


def test_roles_are_read_again_at_every_approval(desk: Desk) -> None:
    desk.reread = lambda session: with_roles(session, frozenset({Role.ANALYST}))
    with pytest.raises(NotPermitted):
        desk.approve()
    assert desk.stands() == desk.plan


def test_without_the_api_nothing_can_be_approved(desk: Desk) -> None:
    def away(_session: Session) -> Session:
        raise ApiUnavailable("refused")

    desk.reread = away
    with pytest.raises(ApiUnavailable):
        desk.approve()
    assert desk.stands() == desk.plan


def test_a_foreign_project_and_an_unknown_plan_are_both_not_found(desk: Desk) -> None:
    foreign = desk.store.recommendations.add(a_payload("fontana-1"), by="planner")
    for plan_id in (foreign.recommendation_id, "made up"):
        with pytest.raises(NotFound, match="There is no recommendation"):
            approve(desk.given, MANAGER, plan_id, version=1, digest=foreign.digest)
    assert desk.store.recommendations.get(foreign.recommendation_id) == foreign


def test_a_plan_can_be_approved_until_it_expires(desk: Desk) -> None:
    desk.clock.advance(timedelta(hours=1) - timedelta(seconds=1))
    desk.store.states.put_telemetry(a_telemetry(at=desk.clock()))
    assert desk.approve().state is State.APPROVED


def test_a_plan_that_expired_cannot_be_approved(desk: Desk) -> None:
    desk.clock.advance(timedelta(hours=1))
    with pytest.raises(DecisionConflict, match=r"This plan has expired\."):
        desk.approve()
    desk.store.recommendations.expire_due(desk.clock())
    with pytest.raises(DecisionConflict, match=r"This plan has expired\."):
        desk.approve()


@pytest.mark.parametrize(("version", "digest"), [(2, None), (0, None), (1, "0" * 64)])
def test_another_version_or_hash_is_refused(desk: Desk, version: int, digest: str | None) -> None:
    with pytest.raises(DecisionConflict, match="R-1 is proposed since"):
        approve(
            desk.given,
            MANAGER,
            desk.plan.recommendation_id,
            version=version,
            digest=desk.plan.digest if digest is None else digest,
        )
    assert desk.stands() == desk.plan


def test_approving_twice_is_harmless(desk: Desk) -> None:
    first = desk.approve()
    assert desk.approve() == first
    desk.store.recommendations.move(
        first.recommendation_id,
        version=first.version,
        digest=first.digest,
        before=(State.APPROVED,),
        after=State.ACTIVE,
        who="dispatcher",
    )
    assert desk.approve().state is State.ACTIVE
    assert len(desk.store.recommendations.transitions(first.recommendation_id)) == 3


def test_the_second_manager_sees_who_approved_and_when(desk: Desk) -> None:
    desk.approve()
    with pytest.raises(DecisionConflict, match=r"R-1 is approved since 2026-11-03 12:00 UTC, by max") as it:
        desk.approve(SECOND)
    assert (it.value.who, it.value.at) == ("max@example.org", NOON)


def test_a_plan_that_was_stopped_is_not_approved_again_by_an_old_click(desk: Desk) -> None:
    desk.approve()
    stop(desk.given, MANAGER, "monash")
    with pytest.raises(DecisionConflict, match="R-1 is stopped"):
        desk.approve()


def test_a_newer_plan_inside_the_band_leaves_the_older_one_open(desk: Desk) -> None:
    newer = a_payload(powers_kw=(19.9, -19.9, 0.0, 5.0, 99.0))
    keep = still_open(desk.store.recommendations, newer)
    assert keep == {desk.plan.recommendation_id}
    desk.store.recommendations.add(newer, by="planner", keep=keep)
    assert desk.approve().state is State.APPROVED


@pytest.mark.parametrize("powers_kw", [(21.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, -21.0)])
def test_a_newer_plan_that_leaves_the_band_closes_the_older_one(desk: Desk, powers_kw: tuple[float, ...]) -> None:
    newer = a_payload(powers_kw=powers_kw)
    assert still_open(desk.store.recommendations, newer) == frozenset()
    desk.store.recommendations.add(newer, by="planner", keep={desk.plan.recommendation_id})
    with pytest.raises(DecisionConflict, match=r"The situation changed\. Review the new plan\."):
        desk.approve()
    desk.store.recommendations.add(a_payload(), by="planner")
    with pytest.raises(DecisionConflict, match=r"The situation changed\. Review the new plan\."):
        desk.approve()
    assert desk.stands().state is State.SUPERSEDED


def test_a_late_plan_from_older_inputs_neither_ends_nor_blocks_the_open_one(desk: Desk) -> None:
    late = a_payload(powers_kw=(21.0, 0.0, 0.0, 0.0), computed_at=NOON - timedelta(minutes=1))
    keep = still_open(desk.store.recommendations, late)
    assert keep == {desk.plan.recommendation_id}
    desk.store.recommendations.add(late, by="planner", keep=keep)
    assert desk.approve().state is State.APPROVED


def test_new_telemetry_alone_changes_nothing(desk: Desk) -> None:
    desk.store.states.put_telemetry(a_telemetry(soc=0.47, battery_kw=-3.0))
    assert desk.approve().state is State.APPROVED


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        ({"at": NOON - timedelta(seconds=61)}, "Battery 1 reported 61 s ago"),
        ({"soc": None}, "The state of charge of Battery 1 is unknown"),
        ({"device_id": "other"}, "Battery 1 has not reported yet"),
    ],
)
def test_nothing_is_approved_on_values_that_are_old_or_missing(
    desk: Desk, reading: dict[str, object], sentence: str
) -> None:
    desk.store = FakeStore(desk.clock)
    desk.plan = desk.store.recommendations.add(a_payload(), by="planner")
    desk.store.states.put_telemetry(a_telemetry(**reading))  # type: ignore[arg-type]
    with pytest.raises(StaleData, match=sentence):
        desk.approve()
    assert desk.stands() == desk.plan


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        ({"soc": 0.05}, "Battery 1 is at 5%; at 12:00 UTC the plan needs 10% to 95%"),
        ({"soc": 0.99}, "Battery 1 is at 99%; at 12:00 UTC the plan needs 10% to 95%"),
        ({"max_discharge_kw": 4.0}, r"Battery 1 can discharge 4.0 kW now; the plan needs 10.0 kW"),
        ({"max_charge_kw": 4.0}, r"Battery 1 can charge 4.0 kW now; the plan needs 10.0 kW"),
    ],
)
def test_a_plan_that_the_battery_cannot_follow_any_more_is_refused_with_the_reason(
    desk: Desk, reading: dict[str, object], sentence: str
) -> None:
    desk.store.states.put_telemetry(a_telemetry(**reading))  # type: ignore[arg-type]
    with pytest.raises(Infeasible, match=sentence):
        desk.approve()
    assert desk.stands() == desk.plan


def test_a_corridor_out_of_reach_later_is_named(desk: Desk) -> None:
    # 20 kW for two quarters put 10 kWh into 100 kWh: 50 % becomes at most 60 %, the third step wants 70 %
    steps = [a_step(NOON + place * QUARTER, battery_kw=-20.0) for place in range(2)]
    steps.append(a_step(NOON + 2 * QUARTER, battery_kw=0.0, soc_min=0.7))
    desk.plan = desk.store.recommendations.add(a_payload(steps=tuple(steps)), by="planner")
    with pytest.raises(Infeasible, match="at 12:30 UTC the plan needs 70% to 95%, and 60% is possible"):
        desk.approve()
    desk.store.states.put_telemetry(a_telemetry(soc=0.6))
    assert desk.approve().state is State.APPROVED


def test_a_plan_for_a_battery_that_is_gone_is_refused(desk: Desk) -> None:
    desk.sites = FakeSites()
    with pytest.raises(StaleData, match="monash has no battery monash-ess1 any more"):
        desk.approve()


def test_a_store_that_fails_means_not_approved(desk: Desk) -> None:
    desk.store.broken = True
    with pytest.raises(StoreUnavailable):
        desk.approve()
    desk.store.broken = False
    assert desk.stands() == desk.plan


def test_a_rejection_keeps_its_reason(desk: Desk) -> None:
    plan = desk.plan
    rejected = reject(
        desk.given, MANAGER, plan.recommendation_id, version=1, digest=plan.digest, reason=" Maintenance tomorrow. "
    )
    assert rejected.state is State.REJECTED
    assert desk.store.recommendations.transitions(plan.recommendation_id)[-1].why == "Maintenance tomorrow."
    with pytest.raises(DecisionConflict, match="R-1 is rejected"):
        desk.approve()


@pytest.mark.parametrize("decide", [reject, withdraw])
def test_an_analyst_can_neither_reject_nor_withdraw(desk: Desk, decide: Callable[..., Recommendation]) -> None:
    with pytest.raises(NotPermitted):
        decide(desk.given, ANALYST, desk.plan.recommendation_id, version=1, digest=desk.plan.digest, reason="no")
    assert desk.stands() == desk.plan


def test_an_approval_can_be_withdrawn_until_the_plan_is_active(desk: Desk) -> None:
    plan = desk.approve()
    withdrawn = withdraw(desk.given, SECOND, plan.recommendation_id, version=plan.version, digest=plan.digest)
    assert (withdrawn.state, withdrawn.changed_by) == (State.WITHDRAWN, "mia@example.org")
    with pytest.raises(DecisionConflict, match="R-1 is withdrawn"):
        withdraw(desk.given, MANAGER, plan.recommendation_id, version=plan.version, digest=plan.digest)


def test_a_second_approval_needs_a_second_person(desk: Desk) -> None:
    plan = desk.plan
    desk.plan = desk.store.recommendations.move(
        plan.recommendation_id,
        version=1,
        digest=plan.digest,
        before=(State.PROPOSED,),
        after=State.AWAITING_SECOND,
        who="max@example.org",
    )
    with pytest.raises(NotPermitted, match="A second person"):
        desk.approve()
    assert desk.approve(SECOND).state is State.APPROVED


def test_stop_releases_first_and_then_ends_the_plan(desk: Desk) -> None:
    plan = desk.approve()
    seen: list[State] = []
    desk.link = FakeLink(before=lambda: seen.append(desk.stands().state))
    ended = stop(desk.given, MANAGER, "monash", reason="Smoke in the cellar")
    assert (seen, desk.link.asked) == ([State.APPROVED], [("monash", "max@example.org")])
    assert ended.released
    assert ended.recommendation == desk.stands()
    assert desk.stands().state is State.STOPPED
    assert desk.store.recommendations.transitions(plan.recommendation_id)[-1].why == "Smoke in the cellar"
    assert (desk.store.audit.rows()[0].what, desk.store.audit.rows()[0].detail) == ("stop", "released")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MANAGER, Role.ADMIN])
def test_stop_needs_no_api_and_works_without_a_plan(desk: Desk, role: Role) -> None:
    def away(_session: Session) -> Session:
        raise ApiUnavailable("refused")

    desk.reread = away
    ended = stop(desk.given, a_session(roles=frozenset({role})), "monash")
    assert (ended.released, ended.recommendation) == (True, None)


@pytest.mark.parametrize(("project_id", "error"), [("monash", NotPermitted), ("fontana-1", NotFound)])
def test_stop_is_refused_to_an_analyst_and_for_a_foreign_project(
    desk: Desk, project_id: str, error: type[EnergyError]
) -> None:
    with pytest.raises(error):
        stop(desk.given, ANALYST, project_id)
    assert desk.link.asked == []


def test_stop_ends_the_plan_even_if_the_dispatcher_does_not_answer(desk: Desk) -> None:
    def silent() -> None:
        raise DeviceUnreachable("no socket")

    desk.approve()
    desk.link = FakeLink(before=silent)
    ended = stop(desk.given, MANAGER, "monash")
    assert not ended.released
    assert desk.stands().state is State.STOPPED
    assert desk.store.audit.rows()[0].detail == "the dispatcher did not confirm the release"


def test_stop_releases_without_the_store_and_says_that_it_is_not_recorded(desk: Desk) -> None:
    desk.approve()
    desk.store.broken = True
    with pytest.raises(StoreUnavailable, match="The battery was released, but the stop could not be recorded"):
        stop(desk.given, MANAGER, "monash")
    assert desk.link.asked == [("monash", "max@example.org")]


def test_stop_wins_over_a_dispatcher_that_starts_the_plan_at_this_moment(desk: Desk) -> None:
    plan = desk.approve()
    kept = desk.store.recommendations
    real_in_force, started = kept.in_force, [False]

    def in_force_then_started(project_id: str) -> Recommendation | None:
        found = real_in_force(project_id)
        if not started[0]:
            started[0] = True
            kept.move(
                plan.recommendation_id,
                version=plan.version,
                digest=plan.digest,
                before=(State.APPROVED,),
                after=State.ACTIVE,
                who="dispatcher",
            )
        return found

    kept.in_force = in_force_then_started  # type: ignore[method-assign]
    stop(desk.given, MANAGER, "monash")
    assert desk.stands().state is State.STOPPED
