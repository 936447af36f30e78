"""What every store of notices promises: run on the file and on the fake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.domain.errors import NotFound
from dash_app.domain.notices import Channel, NoticeKind, Posting, Wanted
from services.store import open_store
from services.store.notices import SqlNotices
from tests.fakes.clock import FakeClock
from tests.fakes.notices import FakeNotices
from tests.fakes.payloads import NOON
from tests.fakes.store import FakeAudit

Store = SqlNotices | FakeNotices
WAITING = Wanted(project_id="monash", kind=NoticeKind.WAITING, key="", text="R-1 waits")
STUCK = Wanted(project_id="monash", kind=NoticeKind.DISPATCH, key="mismatch", text="stuck")
OTHER = Wanted(project_id="b071", kind=NoticeKind.NO_PLAN, key="plan", text="no plan")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture(params=["file", "fake"])
def notices(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    if request.param == "fake":
        yield FakeNotices(clock)
        return
    store = open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40, clock=clock)
    yield store.notices
    store.close()


def nowhere(_wanted: Wanted) -> list[Posting]:
    return []


def by_mail(_wanted: Wanted) -> list[Posting]:
    return [Posting(channel=Channel.EMAIL, address="max@example.org", not_before=NOON)]


def at_two(_wanted: Wanted) -> list[Posting]:
    return [Posting(channel=Channel.WEBHOOK, address="https://a.example", not_before=NOON + 2 * 60 * MINUTE)]


def test_a_reason_is_told_once_while_it_lasts(notices: Store, clock: FakeClock) -> None:
    (new,) = notices.update([WAITING], nowhere)
    assert (new.at, new.project_id, new.kind, new.text, new.open) == (
        NOON,
        "monash",
        NoticeKind.WAITING,
        "R-1 waits",
        True,
    )
    clock.advance(MINUTE)
    assert notices.update([WAITING], nowhere) == ()
    assert notices.newest(["monash"]) == (new,)
    assert [one.kind for one in notices.update([WAITING, STUCK], nowhere)] == [NoticeKind.DISPATCH]


def test_a_notice_is_over_when_its_reason_is(notices: Store, clock: FakeClock) -> None:
    notices.update([WAITING, STUCK], nowhere)
    clock.advance(MINUTE)
    notices.update([STUCK], nowhere)
    stuck, waiting = notices.newest(["monash"])
    assert (waiting.over_at, stuck.over_at) == (NOON + MINUTE, None)
    assert notices.count_open(["monash"]) == 1


def test_a_reason_that_comes_back_soon_is_the_same_notice_and_later_a_new_one(notices: Store, clock: FakeClock) -> None:
    (first,) = notices.update([WAITING], by_mail)
    notices.update([], by_mail)
    clock.advance(59 * MINUTE)
    assert notices.update([WAITING], by_mail) == ()
    assert notices.newest(["monash"]) == (first,)
    notices.update([], by_mail)
    clock.advance(60 * MINUTE)
    (second,) = notices.update([WAITING], by_mail)
    assert second.notice_id > first.notice_id


def test_notices_are_seen_by_project(notices: Store) -> None:
    notices.update([WAITING, OTHER], nowhere)
    assert [one.text for one in notices.newest(["b071"])] == ["no plan"]
    assert [one.text for one in notices.newest(["b071", "monash"], limit=1)] == ["no plan"]
    assert (notices.count_open(["b071", "monash"]), notices.count_open([])) == (2, 0)


def test_who_acknowledges_stands_there_and_a_second_one_changes_nothing(notices: Store, clock: FakeClock) -> None:
    (new,) = notices.update([STUCK], by_mail)
    clock.advance(MINUTE)
    mine = notices.acknowledge(new.notice_id, "max", ["monash"])
    assert (mine.acknowledged_by, mine.acknowledged_at, mine.open) == ("max", NOON + MINUTE, False)
    assert notices.acknowledge(new.notice_id, "ada", ["monash"]) == mine
    assert (notices.count_open(["monash"]), notices.due()) == (0, ())


@pytest.mark.parametrize("notice_id", [1, 77])
def test_another_projects_notice_cannot_be_acknowledged(notices: Store, notice_id: int) -> None:
    notices.update([STUCK], nowhere)
    with pytest.raises(NotFound):
        notices.acknowledge(notice_id, "max", ["b071"])


def test_a_message_is_due_once_at_its_time(notices: Store, clock: FakeClock) -> None:
    notices.update([STUCK], lambda wanted: [*by_mail(wanted), *at_two(wanted)])
    (mail,) = notices.due()
    assert (mail.channel, mail.address, mail.attempts, mail.notice.text) == (
        Channel.EMAIL,
        "max@example.org",
        0,
        "stuck",
    )
    notices.sent(mail.message_id)
    assert notices.due() == ()
    clock.advance(120 * MINUTE)
    assert [message.channel for message in notices.due()] == [Channel.WEBHOOK]


def test_a_message_that_failed_is_due_again_at_its_time_or_given_up(notices: Store, clock: FakeClock) -> None:
    notices.update([STUCK], by_mail)
    (mail,) = notices.due()
    notices.failed(mail.message_id, "refused", clock() + MINUTE)
    assert notices.due() == ()
    clock.advance(MINUTE)
    (again,) = notices.due()
    assert (again.message_id, again.attempts) == (mail.message_id, 1)
    notices.failed(mail.message_id, "refused", None)
    clock.advance(timedelta(days=9))
    assert notices.due() == ()


def test_what_is_over_is_not_sent_any_more(notices: Store) -> None:
    notices.update([STUCK], by_mail)
    notices.update([], by_mail)
    assert notices.due() == ()


def test_acknowledging_stands_in_the_audit_trail(tmp_path: Path, clock: FakeClock) -> None:
    store, audit = (
        open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40, clock=clock),
        FakeAudit(clock),
    )
    for known, trail in ((store.notices, store.audit), (FakeNotices(clock, audit), audit)):
        (new,) = known.update([STUCK], nowhere)
        known.acknowledge(new.notice_id, "max", ["monash"])
        (row,) = trail.rows()
        assert (row.who, row.what, row.project_id, row.detail) == (
            "max", "notice acknowledged", "monash", "dispatch failed: stuck",
        )  # fmt: skip
    store.close()


def test_notices_and_messages_survive_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    url = f"sqlite:///{tmp_path / 'plans.sqlite'}"
    first = open_store(url, secret_key="k" * 40, clock=clock)
    first.notices.update([STUCK], by_mail)
    first.close()
    second = open_store(url, secret_key="k" * 40, clock=clock)
    assert [message.address for message in second.notices.due()] == ["max@example.org"]
    second.close()
