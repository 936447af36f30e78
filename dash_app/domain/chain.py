"""What happened to every set-point: the six links from computed to followed, as one row for each slot.

    computed -> checked -> approved -> sent -> read back -> followed

The first three come from the recommendation and the record of decisions, the last three from rows of the ledger. Pure:
whatever is not recorded is not claimed, and a slot that passed without its record says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dash_app.domain.dispatch import LedgerRow, Stage
from dash_app.domain.recommendation import Recommendation, State, Transition
from dash_app.domain.schedule import Step

LATE_AFTER = timedelta(seconds=30)
"""A first write later than this after the slot began (or after the approval) is late."""
FAILED = frozenset({Stage.MISSED, Stage.REFUSED, Stage.UNREACHABLE})


class Mark(StrEnum):
    """The state of one link."""

    DONE = "done"
    RUNNING = "running"
    NOT_YET = "not_yet"
    TROUBLE = "trouble"


class Word(StrEnum):
    """What is said beside a mark where a time alone does not tell it."""

    NONE = ""
    WAITS = "waits"
    WAITS_SECOND = "waits_second"
    EXPIRED = "expired"
    DUE = "due"
    SENDING = "sending"
    READING = "reading"
    MEASURING = "measuring"
    LATE = "late"
    MISSED = "missed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNVERIFIED = "unverified"
    UNCONFIRMED = "unconfirmed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the chain. `delay` belongs to LATE; `power_kw` is what the meter showed, discharge positive."""

    mark: Mark
    at: datetime | None = None
    word: Word = Word.NONE
    who: str = ""
    delay: timedelta | None = None
    power_kw: float | None = None


NOT_YET = Link(mark=Mark.NOT_YET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One slot with its links. `notes` are the ledger's own words about what went wrong, with their times."""

    step: Step
    label: str
    computed: Link
    checked: Link
    approved: Link
    sent: Link
    read_back: Link
    followed: Link
    writes: int = 0
    notes: tuple[tuple[datetime, str], ...] = ()

    def is_current(self, now: datetime) -> bool:
        """Return whether `now` lies in this slot."""
        return self.step.start <= now < self.step.end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """The ledger's rows of one order, oldest first, with what they are judged by."""

    step: Step
    rows: tuple[LedgerRow, ...]
    now: datetime
    approved_at: datetime | None

    def of(self, *stages: Stage) -> list[LedgerRow]:
        return [row for row in self.rows if row.stage in stages]

    def last(self, *stages: Stage) -> LedgerRow | None:
        return next(reversed(self.of(*stages)), None)

    @property
    def is_over(self) -> bool:
        return self.now >= self.step.end

    @property
    def due_at(self) -> datetime:
        return max(self.step.start, self.approved_at or self.step.start)

    def unverified(self, *, after_reading: bool) -> LedgerRow | None:
        """Return the newest UNVERIFIED of a write that was (not) read back before."""
        read = {row.sequence for row in self.of(Stage.READ_BACK)}
        found = [row for row in self.of(Stage.UNVERIFIED) if (row.sequence in read) is after_reading]
        return next(reversed(found), None)


def slot_of(
    step: Step, plan: Recommendation, decisions: Sequence[Transition], rows: Sequence[LedgerRow], now: datetime
) -> Slot:
    """Return the slot of a plan's step: `decisions` are the plan's transitions, `rows` those of the step's order."""
    approval = approval_of(decisions)
    record = _Record(
        step=step,
        rows=tuple(sorted(rows, key=lambda row: row.row_id)),
        now=now,
        approved_at=approval.at if approval else None,
    )
    return Slot(
        step=step,
        label=plan.label,
        computed=Link(mark=Mark.DONE, at=plan.payload.computed_at),
        checked=Link(mark=Mark.DONE, at=_stored_at(decisions) or plan.payload.computed_at),
        approved=_approved(plan, approval, now),
        sent=_sent(record),
        read_back=_read_back(record),
        followed=_followed(record),
        writes=len(record.of(Stage.SENT)),
        notes=tuple((row.at, row.note) for row in record.of(*FAILED, Stage.UNVERIFIED) if row.note),
    )


def approval_of(decisions: Sequence[Transition]) -> Transition | None:
    """Return the decision that put a plan into force, or None."""
    return next((row for row in reversed(decisions) if row.after is State.APPROVED), None)


def _stored_at(decisions: Sequence[Transition]) -> datetime | None:
    """Return when the plan was stored: only plans that passed the independent check ever are."""
    return next((row.at for row in decisions if row.before is None), None)


def _approved(plan: Recommendation, approval: Transition | None, now: datetime) -> Link:
    if approval is not None:
        return Link(mark=Mark.DONE, at=approval.at, who=approval.who)
    if plan.payload.expires_at <= now or plan.state is State.EXPIRED:
        return Link(mark=Mark.TROUBLE, at=plan.payload.expires_at, word=Word.EXPIRED)
    if plan.state is State.AWAITING_SECOND:
        return Link(mark=Mark.RUNNING, word=Word.WAITS_SECOND)
    return Link(mark=Mark.RUNNING, word=Word.WAITS)


def _sent(record: _Record) -> Link:
    sent = record.of(Stage.SENT)
    failed = record.last(*FAILED)
    if failed is not None and (not sent or failed.row_id > sent[-1].row_id):
        return Link(mark=Mark.TROUBLE, at=failed.at, word=Word(failed.stage.value))
    if sent:
        return _sent_at(sent[0].at, record)
    return _being_sent(record) if record.of(Stage.INTENDED) else _nothing_recorded(record)


def _sent_at(at: datetime, record: _Record) -> Link:
    delay = at - record.due_at
    if delay > LATE_AFTER:
        return Link(mark=Mark.TROUBLE, at=at, word=Word.LATE, delay=delay)
    return Link(mark=Mark.DONE, at=at)


def _being_sent(record: _Record) -> Link:
    at = record.of(Stage.INTENDED)[-1].at
    found = record.of(Stage.READ_BACK)
    if found:  # a restarted dispatcher found the value on the device: it had been sent, only the record was lost
        return Link(mark=Mark.DONE, at=at)
    if record.is_over:
        return Link(mark=Mark.TROUBLE, at=at, word=Word.UNCONFIRMED)
    return Link(mark=Mark.RUNNING, word=Word.SENDING)


def _nothing_recorded(record: _Record) -> Link:
    if record.approved_at is None or record.now < record.step.start:
        return Link(mark=Mark.NOT_YET, at=record.step.start)
    if record.is_over:
        return Link(mark=Mark.TROUBLE, word=Word.MISSED)
    delay = record.now - record.due_at
    if delay > LATE_AFTER:
        return Link(mark=Mark.TROUBLE, word=Word.LATE, delay=delay)
    return Link(mark=Mark.RUNNING, word=Word.DUE)


def _read_back(record: _Record) -> Link:
    read, doubt = record.of(Stage.READ_BACK), record.unverified(after_reading=False)
    if doubt is not None and (not read or doubt.row_id > read[-1].row_id):
        return Link(mark=Mark.TROUBLE, at=doubt.at, word=Word.UNVERIFIED)
    if read:
        return Link(mark=Mark.DONE, at=read[0].at)
    return _open_end(record, Word.READING) if record.of(Stage.SENT) else NOT_YET


def _followed(record: _Record) -> Link:
    followed, doubt = record.last(Stage.FOLLOWED), record.unverified(after_reading=True)
    known = followed.row_id if followed else 0
    if doubt is not None and doubt.row_id > known:
        return Link(mark=Mark.TROUBLE, at=doubt.at, word=Word.UNVERIFIED, power_kw=doubt.measured_kw)
    released = _released_early(record)
    if released is not None:
        return Link(mark=Mark.TROUBLE, at=released.at, word=Word.RELEASED)
    if followed is not None:
        return Link(mark=Mark.DONE, at=followed.at, power_kw=followed.measured_kw)
    return _open_end(record, Word.MEASURING) if record.of(Stage.READ_BACK) else NOT_YET


def _released_early(record: _Record) -> LedgerRow | None:
    """Return the release that ended this slot before its time, unless the slot was taken up again after it."""
    released, taken_up = record.last(Stage.RELEASED), record.last(Stage.READ_BACK)
    if released is None or released.at >= record.step.end:
        return None
    return None if taken_up is not None and taken_up.row_id > released.row_id else released


def _open_end(record: _Record, word: Word) -> Link:
    return Link(mark=Mark.TROUBLE, word=Word.UNCONFIRMED) if record.is_over else Link(mark=Mark.RUNNING, word=word)
