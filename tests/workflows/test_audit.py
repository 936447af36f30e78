"""Verifying, exporting a head once a day, and settings that stand in the trail, on fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dash_app.domain.audit import Flaw, Head
from dash_app.workflows.audit import ALARM, AuditPorts, export_head, export_when_due, record_settings, verify
from services.audit_heads import Ed25519Signer
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON
from tests.fakes.store import FakeStore

SIGNER = Ed25519Signer("a key of at least thirty-two characters")


class FakeHeads:
    """Heads in a list."""

    def __init__(self) -> None:
        self.kept: list[Head] = []

    def keep(self, head: Head) -> None:
        self.kept.append(head)

    def heads(self) -> tuple[Head, ...]:
        return tuple(self.kept)


class Rig:
    """A trail of three rows and everything that verifies it."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.store, self.heads = FakeStore(self.clock), FakeHeads()
        self.ports = AuditPorts(
            audit=self.store.audit, heads=self.heads, signer=SIGNER, alarms=self.store.alarms, clock=self.clock
        )
        self.write(3)

    def write(self, rows: int) -> None:
        for _number in range(rows):
            self.store.audit.append(who="max", what="stop")

    def edit(self, row_id: int) -> None:
        self.store.audit.kept[row_id - 1] = replace(self.store.audit.kept[row_id - 1], who="nobody")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_whole_trail_gets_a_signed_head_of_its_newest_row(rig: Rig) -> None:
    found, head = export_head(rig.ports)
    assert found.whole and head is not None
    assert (head.row_id, head.chain) == (3, rig.store.audit.rows()[0].chain)
    assert SIGNER.is_genuine(head) and rig.heads.kept == [head]


def test_a_head_is_exported_once_a_day(rig: Rig) -> None:
    assert export_when_due(rig.ports) is not None
    rig.write(2)
    rig.clock.advance(timedelta(hours=11, minutes=59))
    assert export_when_due(rig.ports) is None
    rig.clock.advance(timedelta(minutes=1))
    assert export_when_due(rig.ports) is not None
    assert [head.row_id for head in rig.heads.kept] == [3, 5]
    assert verify(rig.ports).chain.heads_met == 2


def test_an_empty_trail_has_no_head() -> None:
    rig = Rig()
    rig.store.audit.kept.clear()
    assert export_when_due(rig.ports) is None
    assert rig.heads.kept == []


def test_a_trail_that_is_not_whole_gets_no_head_and_an_alarm(rig: Rig) -> None:
    rig.edit(2)
    found, head = export_head(rig.ports)
    assert head is None and not found.whole and rig.heads.kept == []
    (alarm,) = rig.store.alarms.open_alarms("")
    assert (alarm.kind, alarm.message) == (ALARM, "The audit trail is not whole: changed at row 2.")


def test_an_exported_head_that_was_changed_is_doubted_and_not_believed(rig: Rig) -> None:
    export_head(rig.ports)
    rig.heads.kept[0] = replace(rig.heads.kept[0], row_id=2)
    found = verify(rig.ports)
    assert (found.whole, found.chain.intact) == (False, True)
    assert found.doubtful == tuple(rig.heads.kept)


def test_heads_of_an_earlier_key_count_and_are_told(rig: Rig) -> None:
    rig.heads.keep(Ed25519Signer("an earlier key of thirty-two characters").signed(head_now(rig)))
    found = verify(rig.ports)
    assert (found.whole, found.other_keys, found.chain.heads_met) == (True, 1, 1)


def test_a_trail_written_anew_does_not_go_on_from_an_earlier_head(rig: Rig) -> None:
    earlier = head_now(rig)
    rig.write(2)
    assert verify(rig.ports, earlier).chain.heads_met == 1
    rows, rig.store.audit.kept = rig.store.audit.kept, []
    for row in rows:
        rig.store.audit.append(who="nobody" if row.row_id == 1 else row.who, what=row.what)
    assert verify(rig.ports).whole
    found = verify(rig.ports, earlier)
    assert (found.chain.flaw, found.chain.flaw_row) == (Flaw.FORGED, 3)


def test_a_setting_stands_in_the_trail_with_what_it_was_before(rig: Rig) -> None:
    facts = {"port": "8050", "smtp_url": ""}
    assert record_settings(rig.store.audit, facts, "planner") == 1
    assert record_settings(rig.store.audit, facts, "planner") == 0
    assert record_settings(rig.store.audit, {"port": "8051", "smtp_url": "hidden 1f"}, "planner") == 2
    assert record_settings(rig.store.audit, {"port": "", "smtp_url": "hidden 1f"}, "planner") == 1
    told = [(row.who, row.what, row.before, row.after) for row in rig.store.audit.rows(4)]
    assert told == [
        ("planner", "setting port", "8051", "not set"),
        ("planner", "setting smtp_url", "not set", "hidden 1f"),
        ("planner", "setting port", "8050", "8051"),
        ("planner", "setting port", "not set", "8050"),
    ]


def head_now(rig: Rig) -> Head:
    newest = rig.store.audit.rows()[0]
    return Head(row_id=newest.row_id, chain=newest.chain, signed_at=rig.clock())
