"""Who is told what and when: reasons from plans and alarms, quiet hours, retries, and who may take care."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_app.domain.errors import NotFound, NotPermitted
from dash_app.domain.notices import (
    GIVE_UP_AFTER,
    URGENT,
    Channel,
    NoticeKind,
    retry_at,
    wanted_notices,
)
from dash_app.domain.project import Role
from dash_app.domain.quiet import QuietHours
from dash_app.domain.recommendation import Payload, Recommendation, State
from dash_app.workflows.notices import NoticePorts, acknowledge, deliver, refresh
from tests.fakes.api import FakeSites, session
from tests.fakes.campus import NOW, plan, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.notices import FakeNotices, FakeSender
from tests.fakes.store import FakeStore

PATH = "/p/monash/notices"
TARGETS = ((Channel.EMAIL, "max@example.org"), (Channel.WEBHOOK, "https://hooks.example.org/a"))
MINUTE = timedelta(minutes=1)


class Rig:
    """A campus with a store, notices, and two ways out."""

    def __init__(self, quiet: QuietHours | None = None) -> None:
        self.clock = FakeClock(NOW)
        self.store = FakeStore(self.clock)
        self.notices = FakeNotices(self.clock, self.store.audit)
        self.mail, self.hook = FakeSender(), FakeSender()
        self.ports = NoticePorts(
            notices=self.notices,
            recommendations=self.store.recommendations,
            alarms=self.store.alarms,
            sites=FakeSites(site()),
            senders={Channel.EMAIL: self.mail, Channel.WEBHOOK: self.hook},
            targets=TARGETS,
            quiet=quiet,
            clock=self.clock,
        )

    def propose(self, left: timedelta = 60 * MINUTE) -> Recommendation:
        return self.store.recommendations.add(a_plan(self.clock() + left), by="planner")

    def move(self, one: Recommendation, after: State) -> Recommendation:
        return self.store.recommendations.move(
            one.recommendation_id, version=one.version, digest=one.digest, before=(one.state,), after=after, who="max"
        )

    def kinds(self) -> list[NoticeKind]:
        refresh(self.ports)
        return [one.kind for one in self.notices.kept if one.open]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def a_plan(expires_at: datetime) -> Payload:
    return replace(plan(), computed_at=NOW, expires_at=expires_at)


def test_a_plan_that_waits_is_told_once_though_newer_ones_replace_it(rig: Rig) -> None:
    for _quarter in range(4):
        rig.propose()
        assert rig.kinds() == [NoticeKind.WAITING]
        rig.clock.advance(15 * MINUTE)
    assert len(rig.notices.kept) == 1 and len(rig.notices.outbox) == len(TARGETS)
    assert rig.notices.kept[0].text.startswith("R-1 waits for a decision until ")


def test_a_plan_that_expires_undecided_is_told_ten_minutes_before(rig: Rig) -> None:
    rig.propose(11 * MINUTE)
    assert rig.kinds() == [NoticeKind.WAITING]
    rig.clock.advance(MINUTE)
    assert rig.kinds() == [NoticeKind.WAITING, NoticeKind.EXPIRING]
    rig.clock.advance(10 * MINUTE)
    assert rig.kinds() == []


def test_what_is_decided_waits_no_more(rig: Rig) -> None:
    waiting = rig.propose()
    assert rig.kinds() == [NoticeKind.WAITING]
    rig.move(waiting, State.REJECTED)
    assert rig.kinds() == []


def test_a_stop_is_told_for_a_day(rig: Rig) -> None:
    rig.move(rig.move(rig.propose(), State.APPROVED), State.STOPPED)
    assert rig.kinds() == [NoticeKind.STOPPED]
    rig.clock.advance(timedelta(hours=24))
    assert rig.kinds() == []


@pytest.mark.parametrize(
    ("alarm", "kind"),
    [
        ("plan", NoticeKind.NO_PLAN),
        ("telemetry", NoticeKind.STALE),
        ("audit", NoticeKind.AUDIT),
        ("not_followed", NoticeKind.DISPATCH),
        ("release_failed", NoticeKind.DISPATCH),
    ],
)
def test_an_alarm_is_told_with_its_own_words_until_it_is_cleared(rig: Rig, alarm: str, kind: NoticeKind) -> None:
    rig.store.alarms.raise_alarm("monash", alarm, "what the alarm says")
    assert rig.kinds() == [kind]
    assert rig.notices.kept[0].text == "what the alarm says"
    rig.store.alarms.clear("monash", alarm)
    assert rig.kinds() == []


def test_what_asks_nothing_of_anybody_is_not_told(rig: Rig) -> None:
    rig.store.alarms.raise_alarm("", "cache", "full")
    rig.store.alarms.raise_alarm("monash", "plan_ended", "R-1 ended")
    assert rig.kinds() == []


def test_every_target_gets_every_notice_once(rig: Rig) -> None:
    rig.store.alarms.raise_alarm("monash", "mismatch", "stuck")
    refresh(rig.ports)
    assert (deliver(rig.ports), deliver(rig.ports)) == (2, 0)
    assert [one.notice.text for one in (*rig.mail.given, *rig.hook.given)] == ["stuck", "stuck"]


def test_one_way_out_that_fails_holds_up_neither_the_other_nor_itself_for_ever(rig: Rig) -> None:
    rig.mail.fault = "refused"
    rig.store.alarms.raise_alarm("monash", "mismatch", "stuck")
    refresh(rig.ports)
    assert deliver(rig.ports) == 1 and len(rig.hook.given) == 1
    assert deliver(rig.ports) == 0
    rig.mail.fault = ""
    rig.clock.advance(timedelta(seconds=30))
    assert deliver(rig.ports) == 1 and rig.mail.given[0].attempts == 1


def test_a_message_that_never_leaves_is_given_up_after_more_than_a_day(rig: Rig) -> None:
    rig.mail.fault = "refused"
    rig.store.alarms.raise_alarm("monash", "mismatch", "stuck")
    refresh(rig.ports)
    for _hour in range(60):
        deliver(rig.ports)
        rig.clock.advance(timedelta(hours=1))
    assert rig.notices.outbox[0].message.attempts == GIVE_UP_AFTER
    assert rig.notices.outbox[0].error == "refused"


def test_a_channel_that_is_not_set_up_any_more_is_given_up_at_once(rig: Rig) -> None:
    rig.store.alarms.raise_alarm("monash", "mismatch", "stuck")
    refresh(rig.ports)
    assert deliver(replace(rig.ports, senders={Channel.EMAIL: rig.mail})) == 1
    assert rig.notices.outbox[1].error == "webhook is not set up any more."
    assert rig.notices.due() == ()


def test_in_quiet_hours_only_what_is_urgent_is_sent() -> None:
    local = NOW.astimezone(site().timezone)
    rig = Rig(QuietHours(start=local.time(), end=(local + timedelta(hours=2)).time()))
    rig.propose(timedelta(hours=9))
    rig.store.alarms.raise_alarm("monash", "mismatch", "stuck")
    refresh(rig.ports)
    deliver(rig.ports)
    assert [one.notice.kind for one in rig.mail.given] == [NoticeKind.DISPATCH]
    rig.clock.advance(timedelta(hours=2))
    deliver(rig.ports)
    assert [one.notice.kind for one in rig.mail.given] == [NoticeKind.DISPATCH, NoticeKind.WAITING]


def test_what_is_over_before_the_quiet_hours_are_is_never_sent() -> None:
    local = NOW.astimezone(site().timezone)
    rig = Rig(QuietHours(start=local.time(), end=(local + timedelta(hours=2)).time()))
    waiting = rig.propose(timedelta(hours=9))
    refresh(rig.ports)
    rig.move(waiting, State.REJECTED)
    rig.clock.advance(timedelta(hours=2))
    refresh(rig.ports)
    assert deliver(rig.ports) == 0 and rig.mail.given == []


@given(st.times(), st.times(), st.integers(0, 365 * 24 * 60))
def test_quiet_hours_end_at_their_end_within_a_day_or_are_not(start: time, end: time, minutes: int) -> None:
    zone, now = ZoneInfo("Australia/Melbourne"), NOW + minutes * MINUTE
    ends = QuietHours(start=start, end=end).ends_at(now, zone)
    if ends is not None:
        assert ends.astimezone(zone).time() == end or abs(ends - now) < timedelta(hours=26)
        assert timedelta(0) <= ends - now <= timedelta(hours=25)


def test_waiting_between_attempts_never_shrinks_and_stays_under_an_hour() -> None:
    waits = [(retry_at(NOW, attempts) or NOW) - NOW for attempts in range(1, GIVE_UP_AFTER)]
    assert waits == sorted(waits) and waits[-1] == timedelta(hours=1)
    assert sum(waits, timedelta()) > timedelta(hours=20)


def test_a_viewer_cannot_take_care(rig: Rig) -> None:
    rig.store.alarms.raise_alarm("monash", "mismatch", "stuck")
    refresh(rig.ports)
    with pytest.raises(NotPermitted):
        acknowledge(rig.notices, session("u1", project(Role.VIEWER)), PATH, 1)
    assert acknowledge(rig.notices, session("u1", project(Role.ANALYST)), PATH, 1).acknowledged_at == NOW


def test_somebody_elses_notice_does_not_exist(rig: Rig) -> None:
    rig.store.alarms.raise_alarm("b071", "mismatch", "stuck")
    refresh(rig.ports)
    with pytest.raises(NotFound):
        acknowledge(rig.notices, session("u1", project(Role.MANAGER)), PATH, 1)


def test_what_is_urgent_is_what_somebody_has_to_do_something_about_at_night() -> None:
    assert set(NoticeKind) - URGENT == {NoticeKind.WAITING, NoticeKind.EXPIRING, NoticeKind.NO_PLAN}
    assert wanted_notices({}, (), NOW) == ()
