"""The balance of this moment against sums done by hand."""

from datetime import UTC, datetime, timedelta

from dash_app.domain.measurement import LiveValue
from dash_app.domain.now import now_balance
from dash_app.domain.site import Measurand, Quantity

NOW = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def measurand(name: str, quantity: Quantity, **more: object) -> Measurand:
    known = {"measurand_id": name, "code": name, "name": name.upper(), "quantity": quantity, "resolution": MINUTE}
    return Measurand(**{**known, **more})  # type: ignore[arg-type]


def value(name: str, kw: float, age: timedelta = MINUTE) -> LiveValue:
    return LiveValue(measurand_id=name, at=NOW - age, value=kw)


PV = (measurand("a", Quantity.PV_KW), measurand("b", Quantity.PV_KW))
LOAD = measurand("l", Quantity.LOAD_KW)
METER = (measurand("i", Quantity.IMPORT_KW), measurand("e", Quantity.EXPORT_KW))


def test_parts_add_up_and_the_grid_closes_the_balance_where_it_is_not_measured() -> None:
    balance = now_balance([value("a", 30.0), value("b", 10.0), value("l", 15.0)], (*PV, LOAD), NOW)
    assert (balance.pv_kw, balance.load_kw, balance.import_kw, balance.export_kw) == (40.0, 15.0, 0.0, 25.0)
    assert (balance.in_kw, balance.out_kw, balance.residual) == (40.0, 40.0, 0.0)
    assert balance.grid_measured is False


def test_a_measured_grid_may_leave_a_residual() -> None:
    values = [value("a", 30.0), value("b", 10.0), value("l", 15.0), value("i", 0.0), value("e", 20.0)]
    balance = now_balance(values, (*PV, LOAD, *METER), NOW)
    assert balance.grid_measured is True
    assert balance.residual == 5.0 / 40.0


def test_a_missing_array_makes_pv_unknown_and_is_named() -> None:
    balance = now_balance([value("a", 30.0), value("l", 15.0)], (*PV, LOAD), NOW)
    assert balance.pv_kw is None
    assert balance.import_kw is None
    assert balance.missing == ("B",)


def test_what_is_not_on_the_connection_does_not_count() -> None:
    sub = measurand("s", Quantity.LOAD_KW, on_connection=False)
    balance = now_balance([value("l", 15.0), value("s", 9.0)], (LOAD, sub), NOW)
    assert balance.load_kw == 15.0


def test_a_value_older_than_three_of_its_steps_is_silent() -> None:
    balance = now_balance([value("l", 15.0, timedelta(minutes=22))], (LOAD,), NOW)
    assert (balance.silent, balance.oldest_stale) == ("L", NOW - timedelta(minutes=22))


def test_a_slow_or_sparse_meter_is_not_silent() -> None:
    slow = measurand("l", Quantity.LOAD_KW, resolution=timedelta(minutes=15))
    sparse = measurand("a", Quantity.PV_KW, sparse=True)
    values = [value("l", 15.0, timedelta(minutes=40)), value("a", 0.0, timedelta(hours=9))]
    assert now_balance(values, (slow, sparse), NOW).silent == ""


def test_without_values_nothing_is_known() -> None:
    balance = now_balance([], (LOAD,), NOW)
    assert balance.newest is None
    assert balance.load_kw is None


def test_every_power_has_the_age_of_its_oldest_part() -> None:
    values = [value("a", 30.0), value("b", 10.0, age=4 * MINUTE), value("l", 15.0, age=2 * MINUTE)]
    balance = now_balance(values, (*PV, LOAD), NOW)
    assert (balance.age(Quantity.PV_KW), balance.age(Quantity.LOAD_KW)) == (4 * MINUTE, 2 * MINUTE)
    assert balance.age(Quantity.EXPORT_KW) == 4 * MINUTE, "what closes the balance is as old as the oldest"
    assert balance.age(Quantity.CHARGE_KW) is None


def test_a_power_is_stale_when_it_lags_more_than_two_of_its_steps() -> None:
    late = 2 * MINUTE  # what the way of a value may take
    for age, stale in ((3 * MINUTE + late, False), (3 * MINUTE + late + timedelta(seconds=1), True)):
        values = [value("a", 30.0), value("b", 10.0), value("l", 15.0, age=age)]
        balance = now_balance(values, (*PV, LOAD), NOW)
        assert balance.is_stale(Quantity.LOAD_KW) is stale
        assert balance.is_stale(Quantity.EXPORT_KW) is stale, "it was reckoned from the load"
        assert balance.is_stale(Quantity.PV_KW) is False
