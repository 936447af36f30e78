"""Dispatchers as processes on a real store and a stranger's Modbus server: killed, stopped, doubled, told to stop."""

from __future__ import annotations

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from controllers.release_socket import SocketLink
from dash_app.domain.dispatch import Stage
from dash_app.domain.recommendation import State
from tests.fakes.dispatch_rig import ENABLE, LONG_LEASE_S, SETPOINT, Rig

WATCHDOG_REFRESHED = (13, (60,))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path, battery_kw=10.0)
    yield made
    made.close()


def followed(rig: Rig) -> bool:
    return bool(rig.rows(Stage.FOLLOWED))


def test_a_value_written_before_the_kill_is_found_not_written_again(rig: Rig) -> None:
    victim = rig.start()
    rig.kill_at(victim, ENABLE, applied=True)
    rig.wait(lambda: victim.poll() is not None)
    rig.start()
    rig.wait(lambda: followed(rig))
    assert rig.setpoints_w() == [10_000]
    rig.check_promises()


def test_a_value_lost_with_the_kill_is_written_by_the_next_under_a_new_epoch(rig: Rig) -> None:
    victim = rig.start()
    rig.kill_at(victim, SETPOINT, applied=False)
    rig.wait(lambda: victim.poll() is not None)
    rig.start()
    rig.wait(lambda: followed(rig))
    assert rig.setpoints_w() == [10_000]
    assert [row.epoch for row in rig.rows(Stage.INTENDED)] == [1, 2]
    rig.check_promises()


def test_of_two_dispatchers_one_writes(rig: Rig) -> None:
    first, second = rig.start(LONG_LEASE_S), rig.start(LONG_LEASE_S)
    rig.wait(lambda: followed(rig))
    beats = {row.epoch for row in rig.rows()}
    assert (rig.setpoints_w(), beats) == ([10_000], {1})
    assert first.poll() is None and second.poll() is None


def test_one_that_was_stopped_for_long_writes_nothing_when_it_goes_on(rig: Rig) -> None:
    stalled = rig.start(LONG_LEASE_S)
    rig.wait(lambda: followed(rig))
    rig.freeze(stalled)
    rig.start(LONG_LEASE_S)
    rig.wait(lambda: any(row.epoch == 2 for row in rig.rows()))
    before = list(rig.double.handler.writes)
    stalled.send_signal(signal.SIGCONT)
    rows = len(rig.rows())
    rig.wait(lambda: rig.store.states.heartbeats()[0].detail == "epoch 2")
    stalled.send_signal(signal.SIGTERM)
    assert stalled.wait(timeout=10) == 0
    since = rig.double.handler.writes[len(before) :]
    assert set(since) <= {WATCHDOG_REFRESHED}, "the new one may refresh the watchdog meanwhile, nothing else is written"
    assert rig.enabled()
    assert all(row.epoch == 2 for row in rig.rows()[rows:])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_releases_the_device_before_the_end(rig: Rig, number: signal.Signals) -> None:
    process = rig.start()
    rig.wait(lambda: followed(rig))
    assert rig.enabled()
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert not rig.enabled()
    assert rig.rows()[-1].stage is Stage.RELEASED
    assert not (rig.folder / "dispatcher.sock").exists()


def test_a_release_over_the_socket_stops_the_plan_at_once_and_for_good(rig: Rig) -> None:
    process = rig.start()
    rig.wait(lambda: followed(rig))
    assert stat.S_IMODE((rig.folder / "dispatcher.sock").stat().st_mode) == 0o600
    assert SocketLink(rig.folder / "dispatcher.sock").release("monash", "olga")
    assert not rig.enabled()
    rig.wait(lambda: rig.store.recommendations.in_force("monash") is None)
    (newest,) = rig.store.recommendations.newest("monash", 1)
    assert (newest.state, newest.changed_by) == (State.STOPPED, "olga")
    process.kill()
    process.wait()
    assert not rig.enabled()


def test_a_release_while_the_store_is_locked_survives_a_restart(rig: Rig) -> None:
    process = rig.start()
    rig.wait(lambda: followed(rig))
    with rig.locked_store():
        assert SocketLink(rig.folder / "dispatcher.sock").release("monash", "olga")
        assert not rig.enabled()
        process.kill()
        process.wait()
    rig.start()
    rig.wait(lambda: rig.store.recommendations.in_force("monash") is None)
    assert (rig.setpoints_w(), rig.enabled()) == ([10_000], False)


def test_without_the_store_the_device_is_released_spooled_and_alarmed_later(rig: Rig) -> None:
    rig.start()
    rig.wait(lambda: followed(rig))
    with rig.locked_store():
        rig.wait(lambda: not rig.enabled())
        rig.wait((rig.folder / "spool.jsonl").exists)
    assert '"what": "release"' in (rig.folder / "spool.jsonl").read_text()
    rig.wait(lambda: any(alarm.kind == "store" for alarm in rig.store.alarms.open_alarms()))
    rig.wait(rig.enabled)
    rig.check_promises()
