"""What happened to a set-point, from hand-made rows of the ledger: nothing is claimed that was not recorded."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dash_app.domain.chain import Link, Mark, Slot, Word, slot_of
from dash_app.domain.dispatch import LedgerRow, Stage
from dash_app.domain.recommendation import Recommendation, State, Transition
from tests.fakes.payloads import NOON, QUARTER, a_payload

COMPUTED = NOON - timedelta(minutes=20)
APPROVED = NOON - timedelta(minutes=8)
END = NOON + QUARTER
MIDDLE, AFTER, BEFORE = NOON + timedelta(minutes=7), END + timedelta(minutes=5), NOON - timedelta(minutes=1)
PAYLOAD = a_payload(computed_at=COMPUTED)
STEP = PAYLOAD.steps[0]


def a_plan(state: State = State.ACTIVE) -> Recommendation:
    return Recommendation(
        recommendation_id="r1", number=7, version=2, state=state, payload=PAYLOAD, digest="d", changed_at=APPROVED,
        changed_by="max@example.org",
    )  # fmt: skip


def decisions(*more: State) -> list[Transition]:
    stored = Transition(
        recommendation_id="r1", at=COMPUTED + timedelta(seconds=1), who="planner", before=None, after=State.PROPOSED,
        why="",
    )  # fmt: skip
    return [
        stored,
        *[replace(stored, at=APPROVED, who="max@example.org", before=State.PROPOSED, after=state) for state in more],
    ]


def rows(*facts: tuple[float, Stage] | tuple[float, Stage, int]) -> list[LedgerRow]:
    """Return rows at these seconds of the slot; the third fact is the number of the write."""
    return [
        LedgerRow(
            row_id=place, at=NOON + timedelta(seconds=fact[0]), project_id="monash", device_id="ess1", order_id="o",
            recommendation_id="r1", slot_start=NOON, slot_end=END, epoch=1, sequence=fact[2] if len(fact) > 2 else 1,
            stage=fact[1], setpoint_kw=10.0, measured_kw=9.9 if fact[1] is Stage.FOLLOWED else None,
            note=f"why {place}" if fact[1] in (Stage.UNVERIFIED, Stage.REFUSED, Stage.UNREACHABLE) else "",
        )
        for place, fact in enumerate(facts, 1)
    ]  # fmt: skip


def slot(found: list[LedgerRow], now: datetime = MIDDLE, *, state: State = State.ACTIVE) -> Slot:
    known = decisions(State.APPROVED) if state in (State.ACTIVE, State.APPROVED) else decisions()
    return slot_of(STEP, a_plan(state), known, found, now)


def said(link: Link) -> tuple[Mark, Word]:
    return link.mark, link.word


WELL = ((0, Stage.INTENDED), (1, Stage.SENT), (2, Stage.READ_BACK), (9, Stage.FOLLOWED))


def test_a_slot_that_went_well_is_done_from_end_to_end_with_its_times() -> None:
    found = slot(rows(*WELL), AFTER)
    links = (found.computed, found.checked, found.approved, found.sent, found.read_back, found.followed)
    assert {link.mark for link in links} == {Mark.DONE}
    assert [link.at for link in links] == [
        COMPUTED,
        COMPUTED + timedelta(seconds=1),
        APPROVED,
        *(NOON + timedelta(seconds=second) for second in (1, 2, 9)),
    ]
    assert (found.approved.who, found.followed.power_kw, found.notes) == ("max@example.org", 9.9, ())


@pytest.mark.parametrize(
    ("count", "now", "sent", "read_back", "followed"),
    [
        (1, MIDDLE, (Mark.RUNNING, Word.SENDING), (Mark.NOT_YET, Word.NONE), (Mark.NOT_YET, Word.NONE)),
        (2, MIDDLE, (Mark.DONE, Word.NONE), (Mark.RUNNING, Word.READING), (Mark.NOT_YET, Word.NONE)),
        (3, MIDDLE, (Mark.DONE, Word.NONE), (Mark.DONE, Word.NONE), (Mark.RUNNING, Word.MEASURING)),
        (1, AFTER, (Mark.TROUBLE, Word.UNCONFIRMED), (Mark.NOT_YET, Word.NONE), (Mark.NOT_YET, Word.NONE)),
        (2, AFTER, (Mark.DONE, Word.NONE), (Mark.TROUBLE, Word.UNCONFIRMED), (Mark.NOT_YET, Word.NONE)),
        (3, AFTER, (Mark.DONE, Word.NONE), (Mark.DONE, Word.NONE), (Mark.TROUBLE, Word.UNCONFIRMED)),
    ],
)  # fmt: skip
def test_a_record_that_breaks_off_runs_while_the_slot_lasts_and_is_unconfirmed_after_it(
    count: int, now: datetime, sent: object, read_back: object, followed: object
) -> None:
    found = slot(rows(*WELL[:count]), now)
    assert (said(found.sent), said(found.read_back), said(found.followed)) == (sent, read_back, followed)


def test_a_slot_to_come_has_only_its_time() -> None:
    found = slot([], BEFORE)
    assert (said(found.sent), found.sent.at) == ((Mark.NOT_YET, Word.NONE), NOON)


def test_a_slot_that_has_just_begun_is_due_and_half_a_minute_later_it_is_late() -> None:
    assert said(slot([], NOON + timedelta(seconds=20)).sent) == (Mark.RUNNING, Word.DUE)
    late = slot([], NOON + timedelta(seconds=45)).sent
    assert (said(late), late.delay) == ((Mark.TROUBLE, Word.LATE), timedelta(seconds=45))


def test_a_slot_that_passed_without_any_row_was_missed() -> None:
    assert said(slot([], AFTER).sent) == (Mark.TROUBLE, Word.MISSED)


@pytest.mark.parametrize("stage", [Stage.MISSED, Stage.REFUSED, Stage.UNREACHABLE])
def test_what_was_never_sent_says_why(stage: Stage) -> None:
    found = slot(rows((0, Stage.INTENDED), (2, stage)), AFTER)
    assert said(found.sent) == (Mark.TROUBLE, Word(stage.value))
    assert found.read_back.mark is found.followed.mark is Mark.NOT_YET


def test_a_second_try_that_came_late_says_by_how_much_and_keeps_the_reason() -> None:
    found = slot(rows((0, Stage.INTENDED), (2, Stage.UNREACHABLE), (39, Stage.INTENDED, 2), (40, Stage.SENT, 2),
                      (41, Stage.READ_BACK, 2), (49, Stage.FOLLOWED, 2)), AFTER)  # fmt: skip
    assert (said(found.sent), found.sent.delay) == ((Mark.TROUBLE, Word.LATE), timedelta(seconds=40))
    assert found.read_back.mark is found.followed.mark is Mark.DONE
    assert found.notes == ((NOON + timedelta(seconds=2), "why 2"),)


def test_an_approval_inside_a_slot_does_not_make_its_first_write_late() -> None:
    approved = [*decisions(), replace(decisions()[0], at=MIDDLE, before=State.PROPOSED, after=State.APPROVED)]
    found = slot_of(STEP, a_plan(), approved, rows((424, Stage.INTENDED), (425, Stage.SENT)), AFTER)
    assert found.sent.mark is Mark.DONE


def test_a_value_that_reads_back_different_is_not_verified_there() -> None:
    found = slot(rows((0, Stage.INTENDED), (1, Stage.SENT), (2, Stage.UNVERIFIED), (3, Stage.RELEASED)))
    assert said(found.read_back) == (Mark.TROUBLE, Word.UNVERIFIED)
    assert said(found.followed) == (Mark.TROUBLE, Word.RELEASED)


def test_a_meter_that_does_not_show_it_is_not_verified_at_followed() -> None:
    found = slot(rows(*WELL[:3], (15, Stage.UNVERIFIED), (16, Stage.RELEASED)))
    assert found.read_back.mark is Mark.DONE
    assert said(found.followed) == (Mark.TROUBLE, Word.UNVERIFIED)


def test_a_later_write_that_was_refused_outweighs_the_first_that_was_sent() -> None:
    found = slot(rows(*WELL, (60, Stage.INTENDED, 2), (61, Stage.REFUSED, 2), (62, Stage.RELEASED, 2)))
    assert said(found.sent) == (Mark.TROUBLE, Word.REFUSED)
    assert said(found.followed) == (Mark.TROUBLE, Word.RELEASED)


def test_a_release_at_the_end_of_the_slot_is_no_trouble() -> None:
    assert slot(rows(*WELL, (901, Stage.RELEASED)), AFTER).followed.mark is Mark.DONE


def test_a_release_before_the_end_is_and_taking_the_slot_up_again_heals_it() -> None:
    released = (*WELL, (300, Stage.RELEASED))
    assert said(slot(rows(*released)).followed) == (Mark.TROUBLE, Word.RELEASED)
    again = ((310, Stage.INTENDED, 2), (311, Stage.SENT, 2), (312, Stage.READ_BACK, 2))
    assert slot(rows(*released, *again)).followed.mark is Mark.DONE


def test_a_value_found_on_the_device_after_a_restart_counts_as_sent() -> None:
    found = slot(rows((0, Stage.INTENDED), (30, Stage.READ_BACK)))
    assert found.sent.mark is found.read_back.mark is Mark.DONE


def test_rows_in_any_order_tell_the_same() -> None:
    assert slot(list(reversed(rows(*WELL))), AFTER) == slot(rows(*WELL), AFTER)


def test_writes_are_counted() -> None:
    assert slot(rows(*WELL, (20, Stage.INTENDED, 2), (21, Stage.SENT, 2))).writes == 2


@pytest.mark.parametrize(
    ("state", "now", "wanted"),
    [
        (State.PROPOSED, BEFORE, (Mark.RUNNING, Word.WAITS)),
        (State.AWAITING_SECOND, BEFORE, (Mark.RUNNING, Word.WAITS_SECOND)),
        (State.PROPOSED, NOON + timedelta(hours=2), (Mark.TROUBLE, Word.EXPIRED)),
    ],
)
def test_a_plan_that_was_not_approved_waits_until_it_expires(state: State, now: datetime, wanted: object) -> None:
    found = slot([], now, state=state)
    assert said(found.approved) == wanted
    assert found.sent.mark is Mark.NOT_YET
