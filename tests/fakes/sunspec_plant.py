"""A hybrid inverter with SunSpec's models: its registers are encoded, and its points found, by pysunspec2."""

from __future__ import annotations

from typing import Any

import sunspec2.device as sunspec

from tests.fakes.register_bank import HOLDING, Bank

BASE = 40000
MODELS: dict[int, dict[str, Any]] = {
    1: {"Mn": "Sloth", "Md": "S-10", "Vr": "1.0", "SN": "S-4711"},
    103: {"W": 0, "W_SF": 1, "St": 4},
    120: {"MaxChaRte": 500, "MaxChaRte_SF": 1, "MaxDisChaRte": 400, "MaxDisChaRte_SF": 1},
    124: {
        "WChaMax": 500,
        "WChaMax_SF": 1,
        "StorCtl_Mod": 0,
        "ChaState": 5550,
        "ChaState_SF": -2,
        "OutWRte": 10000,
        "InWRte": 10000,
        "InOutWRte_RvrtTms": 0,
        "InOutWRte_SF": -2,
    },
    160: {"DCW_SF": 0, "N": 2, "module": [{"ID": 1, "DCW": 1234}, {"ID": 2, "DCW": 66}]},
    203: {"W": -321, "W_SF": 1},
    701: {"Alrm": 0, "W": 0, "W_SF": 0},
    702: {"WMax": 500, "WChaRteMax": 500, "WDisChaRteMax": 400, "W_SF": 1},
    704: {"WSetEna": 0, "WSetMod": 0, "WSet": 0, "WSetRvrt": 0, "WSetRvrtTms": 0, "WSetRvrtRem": 0, "WSet_SF": 0},
    713: {"SoC": 555, "SoH": 990, "Pct_SF": -1},
    715: {"LocRemCtl": 0, "ControllerHb": 41},
}


class SunSpecPlant:
    """`bank` is to be served; `addr` tells where pysunspec2 puts a point, `value` what it reads there."""

    def __init__(self, *, base: int = BASE, without: tuple[int, ...] = (), unit: int = 1, **changes: Any) -> None:
        self.bank, self.base, self.unit = Bank(), base, unit
        self.models: dict[int, tuple[int, sunspec.Model]] = {}
        words = [0x5375, 0x6E53]
        for number, data in MODELS.items():
            if number in without:
                continue
            model = sunspec.Model(number, data={"ID": number, **data, **changes.get(f"m{number}", {})})
            self.models[number] = (base + len(words), model)
            encoded = model.get_mb()
            words += [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]
        words += [0xFFFF, 0]
        self.bank.add(unit, HOLDING, base, len(words))
        self.bank.put(unit, HOLDING, base, words)
        self.bank.follow = self._follow

    def addr(self, model: int, point: str) -> int:
        start, found = self.models[model]
        return int(start + found.points[point].offset)

    def value(self, model: int, point: str) -> Any:
        """Return a point as pysunspec2 decodes the registers now, unscaled."""
        found = self.models[model][1].points[point]
        words = self.bank.get(self.unit, HOLDING, self.addr(model, point), found.len) or []
        return found.info.data_to(b"".join(word.to_bytes(2, "big") for word in words))

    def put(self, model: int, point: str, value: int) -> None:
        """Set a point, unscaled, encoded by pysunspec2."""
        encoded = self.models[model][1].points[point].info.to_data(value)
        words = [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]
        self.bank.put(self.unit, HOLDING, self.addr(model, point), words)

    def _follow(self, _: int) -> None:
        """Do what 704 says when it is enabled, else what the two limits of 124 leave."""
        power_w = 0
        if 704 in self.models and self.value(704, "WSetEna") == 1:
            power_w = self.value(704, "WSet")
        elif 124 in self.models and self.value(124, "StorCtl_Mod") == 3:
            most, least = self.value(124, "OutWRte"), -self.value(124, "InWRte")
            assert least <= most
            power_w = round(min(max(0, least), most) / 10_000 * 5000)
        if 704 in self.models:
            self.put(704, "WSetRvrtRem", self.value(704, "WSetRvrtTms"))
            self.put(701, "W", power_w)
        self.put(103, "W", round(power_w / 10))
