"""What is expected: nothing of what is to come but the prices that are out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.simulate.measured import Column, Measured
from optimizer.simulate.outlook import as_published, perfect
from optimizer.simulate.past import PastForecasts
from tests.optimizer.simulate.sites import measured


def otherwise_from(site: Measured, row: int) -> Measured:
    """Return the same site with everything from a row of its frame on changed."""
    frame = site.frame.copy()
    frame.iloc[row:] = frame.iloc[row:] * 3.0 + 1.0
    return replace(site, frame=frame)


def test_a_price_that_is_not_out_has_no_influence() -> None:
    site = measured(days=2)
    for step, out in ((9, 24), (16, 48), (30, 48)):  # 09:00: today; 16:00: tomorrow too; 06:00 of the second day: today
        other = otherwise_from(site, site.first + out)
        rows = [as_published(perfect(one, 1), one, day_ahead=True).import_price[step] for one in (site, other)]
        assert rows[0].tolist() == rows[1].tolist()
        later = as_published(perfect(other, 1), other, day_ahead=True).import_price[step]
        assert later[: out - step].tolist() == site.of(Column.IMPORT_PRICE, beyond=48)[step:out].tolist()


def test_a_spot_price_is_known_for_the_hour_at_hand_and_then_the_mean_of_the_same_hour() -> None:
    site = measured(days=1)
    frame = site.frame.copy()
    frame[Column.IMPORT_PRICE.value] = np.arange(len(frame), dtype=float)
    site = replace(site, frame=frame)
    made = as_published(perfect(site, 1), site, day_ahead=False).import_price[0]
    now = float(site.first)
    assert made[0] == now
    # the hour after this one was now - 23, now - 47 ... over seven days: on average now - 95
    assert made[1] == pytest.approx(np.mean([now + 1 - 24 * day for day in range(1, 8)]))
    assert made[25] == pytest.approx(made[1])


def test_an_hour_never_seen_is_the_mean_of_all_that_was() -> None:
    site = measured(days=1, past_days=30)
    frame = site.frame.copy()
    frame.iloc[: site.first, frame.columns.get_loc(Column.IMPORT_PRICE.value)] = np.nan
    site = replace(site, frame=frame)
    made = as_published(perfect(site, 1), site, day_ahead=False).import_price
    assert made[0].tolist() == [0.2] * 48


def test_errors_are_those_of_targets_that_were_over() -> None:
    site = measured(days=2)
    origins = site.frame.index[[site.first - 6, site.first, site.first + 6]]
    past = PastForecasts.of(site, origins, np.ones((3, 48)), np.zeros((3, 48)))
    errors, rows = past.errors(site, site.first + 3)
    assert rows.tolist() == [site.first - 6, site.first]
    assert np.isfinite(errors).sum(axis=1).tolist() == [9, 3]
    net = site.frame[Column.LOAD_KW] - site.frame[Column.PV_KW]
    assert errors[1, :3] == pytest.approx(net.iloc[site.first : site.first + 3].to_numpy() - 1.0)
