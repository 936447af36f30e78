"""The battery's watchdog and its starts: what happens when nobody speaks to it, and when it comes back."""

import pytest

from slothbox.plant.registers import Mode, Refusal, Unit, int32_words
from slothbox.plant.site import Plant
from tests.slothbox.plant_bench import Bench

SETPOINT, ENABLE, WATCHDOG, HEARTBEAT, MODE = 10, 12, 13, 14, 15


def armed(bench: Bench, *, watchdog_s: int = 60, setpoint_w: int = -5_000) -> Plant:
    plant = bench.plant()
    assert plant.write(Unit.BATTERY, SETPOINT, [*int32_words(setpoint_w), 1, watchdog_s, 0]) is None
    return plant


def after(bench: Bench, plant: Plant, seconds: float) -> Mode:
    bench.clock.pass_s(seconds)
    plant.advance()
    return plant.battery.mode


def test_in_remote_mode_the_set_point_is_held_until_the_watchdog_expires() -> None:
    bench = Bench()
    plant = armed(bench)
    assert after(bench, plant, 59.9) is Mode.REMOTE
    assert plant.battery.power_kw == -5.0


def test_an_expired_watchdog_brings_the_battery_back_to_its_own_rule() -> None:
    bench = Bench()
    plant = armed(bench)
    assert after(bench, plant, 60) is Mode.FALLBACK
    assert plant.holding(Unit.BATTERY)[ENABLE] == 0
    assert plant.holding(Unit.BATTERY)[MODE] == 3
    after(bench, plant, 1)
    assert plant.battery.power_kw == 20.0


@pytest.mark.parametrize(("address", "value"), [(SETPOINT, 0), (11, 0), (ENABLE, 1), (WATCHDOG, 60), (HEARTBEAT, 1)])
def test_any_accepted_write_arms_the_watchdog_again(address: int, value: int) -> None:
    bench = Bench()
    plant = armed(bench, setpoint_w=0)
    after(bench, plant, 50)
    assert plant.write(Unit.BATTERY, address, [value]) is None
    assert after(bench, plant, 50) is Mode.REMOTE
    assert after(bench, plant, 10) is Mode.FALLBACK


def test_a_refused_write_does_not_arm_the_watchdog() -> None:
    bench = Bench()
    plant = armed(bench)
    after(bench, plant, 50)
    assert plant.write(Unit.BATTERY, ENABLE, [7]) is Refusal.VALUE
    assert after(bench, plant, 10) is Mode.FALLBACK


def test_reading_does_not_arm_the_watchdog() -> None:
    bench = Bench()
    plant = armed(bench)
    after(bench, plant, 50)
    plant.inputs(Unit.BATTERY)
    plant.holding(Unit.BATTERY)
    assert after(bench, plant, 10) is Mode.FALLBACK


def test_a_watchdog_of_zero_seconds_is_off() -> None:
    bench = Bench()
    plant = armed(bench, watchdog_s=0)
    assert after(bench, plant, 3000) is Mode.REMOTE


def test_after_a_long_stall_the_set_point_held_only_until_the_watchdog_expired() -> None:
    bench = Bench()
    plant = armed(bench, setpoint_w=-50_000)
    bench.measured.load, bench.measured.pv = 10.0, 10.0
    after(bench, plant, 1000)
    charged_kwh = (plant.soc - 0.5) * 100
    assert charged_kwh == pytest.approx(50 * 60 / 3600, abs=0.02)


def test_remote_enable_brings_a_fallen_back_battery_under_control_again() -> None:
    bench = Bench()
    plant = armed(bench)
    after(bench, plant, 60)
    assert plant.write(Unit.BATTERY, ENABLE, [1]) is None
    assert after(bench, plant, 1) is Mode.REMOTE


def test_release_puts_the_battery_in_its_own_mode() -> None:
    bench = Bench()
    plant = armed(bench)
    plant.write(Unit.BATTERY, SETPOINT, [0, 0])
    plant.write(Unit.BATTERY, ENABLE, [0])
    assert after(bench, plant, 1) is Mode.LOCAL
    assert plant.battery.power_kw == 20.0


def test_a_reboot_counts_and_forgets_everything_but_the_energy() -> None:
    bench = Bench()
    plant = armed(bench)
    after(bench, plant, 59)
    soc = plant.soc
    plant.reboot()
    assert plant.boots == 2
    assert plant.soc == soc
    assert [plant.holding(Unit.BATTERY)[address] for address in range(10, 16)] == [0, 0, 0, 0, 0, 1]
    assert plant.inputs(Unit.BATTERY)[12] == 0


def test_an_empty_battery_stops_by_itself() -> None:
    bench = Bench()
    plant = armed(bench, watchdog_s=0, setpoint_w=50_000)
    plant.set_soc(0.11)
    after(bench, plant, 120)
    assert plant.soc == pytest.approx(0.1)
    assert plant.battery.power_kw == pytest.approx(0.0, abs=1e-9)
