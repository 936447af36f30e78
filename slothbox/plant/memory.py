"""What a plant remembers while it is off: its state of charge, the count of its starts and its port."""

import json
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from slothbox.battery import BatterySpec, advance, self_consumption_kw
from slothbox.demo.model import BATTERY_STEP, Category
from slothbox.files import make_private_folder, write_private_json
from slothbox.replay import SiteReplay

FIRST_SOC = 0.5
LONGEST_GAP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One site's small JSON file; `saved_at` is ISO 8601 in UTC, empty before the first start."""

    soc: float = FIRST_SOC
    boots: int = 0
    port: int = 0
    saved_at: str = ""

    def soc_after_gap(self, replay: SiteReplay, spec: BatterySpec, now: datetime) -> float:
        """Return the SoC (0..1) now: while nobody looked, the battery followed its own rule.

        A first start begins a week ago at half full: by now its SoC has forgotten where it began.
        """
        since = datetime.fromisoformat(self.saved_at) if self.saved_at else now - LONGEST_GAP
        return own_rule_soc(replay, spec, self.soc, max(since, now - LONGEST_GAP), now)


def own_rule_soc(replay: SiteReplay, spec: BatterySpec, soc: float, start: datetime, end: datetime) -> float:
    """Return the SoC at `end` of a battery that follows its own rule from `soc` (0..1) at `start`."""
    load_kw = replay.total(Category.LOAD, start, end, BATTERY_STEP)
    pv_kw = replay.total(Category.PV, start, end, BATTERY_STEP)
    dt_h = BATTERY_STEP / timedelta(hours=1)
    for net_load_kw in (load_kw - pv_kw).dropna().tolist():
        soc, _ = advance(soc, self_consumption_kw(net_load_kw, soc, spec, dt_h), spec, dt_h)
    return soc


def load_memory(path: Path) -> Memory:
    """Return what was saved; a file that cannot be read is put aside, said so and replaced by a first start."""
    if not path.exists():
        return Memory()
    try:
        return _checked(Memory(**json.loads(path.read_text(encoding="utf-8"))))
    except (ValueError, TypeError) as problem:
        aside = path.with_suffix(".unreadable")
        path.replace(aside)
        sys.stderr.write(f"plant: cannot use {path} ({problem}); kept as {aside}, starting as new\n")
        return Memory()


def save_memory(path: Path, memory: Memory) -> None:
    """Write the file whole or not at all."""
    make_private_folder(path.parent)
    write_private_json(path, asdict(memory))


def _checked(memory: Memory) -> Memory:
    if not (0 <= memory.soc <= 1 and memory.boots >= 0 and 0 <= memory.port <= 0xFFFF):
        raise ValueError(f"out of range: {memory}")
    if memory.saved_at:
        datetime.fromisoformat(memory.saved_at)
    return memory
