"""Unit 2: arrays that produce what was measured, unless they are told to produce less."""

from dataclasses import dataclass, field

from slothbox.plant.registers import PV_POWER_W, UNKNOWN_UINT32, PvHolding, Refusal, int32_words, watts

_FIRST, _LAST = PvHolding.LIMIT_PERMILLE, PvHolding.ENABLE


@dataclass(slots=True, kw_only=True)
class PvUnit:
    """All arrays of a site behind one limit.

    `power_kw` is what is produced now (None: not known). The limit is a share of `rating_kw`. With a revert time the
    limit ends by itself that many seconds after the last accepted write.
    """

    rating_kw: float
    power_kw: float | None = None
    _control: list[int] = field(default_factory=lambda: [1000, 0, 0])
    _armed_s: float = 0.0

    def write(self, address: int, values: list[int], now_s: float) -> Refusal | None:
        """Take over all of `values` or none; return why not."""
        if address < _FIRST or address + len(values) - 1 > _LAST:
            return Refusal.ADDRESS
        wanted = self._control.copy()
        wanted[address - _FIRST : address - _FIRST + len(values)] = values
        limit_permille, _, enable = wanted
        if limit_permille > 1000 or enable > 1:
            return Refusal.VALUE
        self._control = wanted
        self._armed_s = now_s
        return None

    def watch(self, now_s: float) -> None:
        """End the limit when its revert time has passed."""
        revert_s = self._control[PvHolding.REVERT_S - _FIRST]
        if revert_s and now_s - self._armed_s >= revert_s:
            self._control[PvHolding.ENABLE - _FIRST] = 0

    def step(self, available_kw: float | None) -> None:
        """Produce what the sun gives in kW, up to the limit."""
        limit_permille, _, enable = self._control
        if available_kw is not None and enable:
            available_kw = min(available_kw, self.rating_kw * limit_permille / 1000)
        self.power_kw = available_kw

    def holding(self) -> dict[int, int]:
        """Return HR40-42."""
        return dict(enumerate(self._control, _FIRST))

    def inputs(self) -> dict[int, int]:
        """Return IR0-1, the power in W."""
        value = UNKNOWN_UINT32 if self.power_kw is None else watts(self.power_kw)
        return dict(enumerate(int32_words(value), PV_POWER_W))
