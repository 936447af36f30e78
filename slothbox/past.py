"""The simulated batteries' past: what the plant's own self-consumption mode would have done on the replayed data.

Computed once and stored like posted samples, so that the battery page is full on the first start and a value once
served never changes. A later start fills the gap since the last sample the same way. Where load or PV is missing the
battery rests and the meter is missing.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from slothbox.archive import STEP_S, Archive
from slothbox.battery import BatterySpec, advance, self_consumption_kw
from slothbox.demo.model import Category, DemoSite
from slothbox.replay import load_replay
from slothbox.sites import controllable_sites

PAST = timedelta(days=60)
STEP = timedelta(seconds=STEP_S)
FIRST_SOC = 0.5
CODES = ("P_ESS_charge", "P_ESS_discharge", "SOC", "P_PEG_import", "P_PEG_export")
Floats = npt.NDArray[np.float64]


def fill_past(state_dir: Path, now: datetime) -> None:
    """Complete the archive of every controllable site up to and with the minute of `now`."""
    archive = Archive(state_dir)
    for site in controllable_sites():
        fill_site(archive, site, now)


def fill_site(archive: Archive, site: DemoSite, now: datetime) -> None:
    """Complete the archive of one site: 60 days, or what is missing since its last sample."""
    if site.battery is None:
        raise ValueError(f"{site.project_id} has no battery")
    start, soc = _where_it_ends(archive, site, now)
    end = pd.Timestamp(now).floor(STEP).to_pydatetime() + STEP
    if start >= end:
        return
    past = simulated_past(site, site.battery, start, end, soc)
    archive.put(site.project_id, {site.measurand(code).measurand_id: past[code] for code in CODES})


def newest_soc(state_dir: Path, project_id: str) -> float | None:
    """Return the state of charge (0..1) where a site's archive ends, None when there is nothing."""
    site = next(site for site in controllable_sites() if site.project_id == project_id)
    newest = Archive(state_dir).newest(project_id, site.measurand("SOC").measurand_id)
    return None if newest is None else newest[1] / 100


def simulated_past(site: DemoSite, spec: BatterySpec, start: datetime, end: datetime, soc: float) -> pd.DataFrame:
    """Return the five battery measurands (CODES) minute by minute over `start <= t < end`; SOC in percent."""
    replay = load_replay(site.project_id)
    load = replay.total(Category.LOAD, start, end, STEP)
    net_load = (load - replay.total(Category.PV, start, end, STEP)).to_numpy()
    battery, mean_soc = _self_consumption(net_load, spec, soc)
    grid = net_load - battery
    columns = {
        "P_ESS_charge": np.maximum(-battery, 0.0),
        "P_ESS_discharge": np.maximum(battery, 0.0),
        "SOC": 100 * mean_soc,
        "P_PEG_import": np.maximum(grid, 0.0),
        "P_PEG_export": np.maximum(-grid, 0.0),
    }
    return pd.DataFrame(columns, index=load.index)


def _where_it_ends(archive: Archive, site: DemoSite, now: datetime) -> tuple[datetime, float]:
    earliest = datetime.combine((now - PAST).astimezone(UTC), datetime.min.time(), UTC)
    newest = archive.newest(site.project_id, site.measurand("SOC").measurand_id)
    if newest is None:
        return earliest, FIRST_SOC
    return max(earliest, newest[0] + STEP), newest[1] / 100


def _self_consumption(net_load: Floats, spec: BatterySpec, soc: float) -> tuple[Floats, Floats]:
    """Walk minute by minute; return (battery power, discharge positive; mean SoC 0..1) of each."""
    battery, mean_soc = np.zeros(len(net_load)), np.zeros(len(net_load))
    hours = STEP_S / 3600
    for step, net_load_kw in enumerate(net_load.tolist()):
        wanted_kw = self_consumption_kw(net_load_kw, soc, spec, hours) if net_load_kw == net_load_kw else 0.0
        after, battery[step] = advance(soc, wanted_kw, spec, hours)
        mean_soc[step] = (soc + after) / 2
        soc = after
    return battery, mean_soc
