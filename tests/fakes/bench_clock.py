"""Time that passes only when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class SleepyClock:
    """`monotonic` and `sleep` for code that waits; `on_sleep` is what happens meanwhile."""

    now_s: float = 0.0
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[float], None] = lambda _: None

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.slept.append(seconds)
        self.on_sleep(self.now_s)
