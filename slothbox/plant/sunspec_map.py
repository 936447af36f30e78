"""The layout of the plant's SunSpec image: which point of which model stands at which register, and as which words.

The models' points come from `slothbox/data/sunspec_models.json`. Every point that is given no value reads as "not
implemented", as the standard has it for its type.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BASE = 40000
MARK = (0x5375, 0x6E53)
END = (0xFFFF, 0)
MODELS = (1, 103, 120, 121, 124, 160, 203, 701, 702, 704, 713, 715, 802)
_FILE = Path(__file__).parents[1] / "data" / "sunspec_models.json"
_WIDTHS = {"uint32": 2, "int32": 2, "acc32": 2, "bitfield32": 2, "uint64": 4, "int64": 4, "acc64": 4}
_SIGNED = {"int16": 0x8000, "sunssf": 0x8000, "pad": 0x8000, "int32": 0x80000000, "int64": 0x8000000000000000}
_ZERO = ("acc32", "acc64", "string")

Key = tuple[int, str]
Value = float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point: its register address, type and width, and the name of its scale factor ("" without one)."""

    model: int
    name: str
    address: int
    kind: str
    width: int
    scale: str

    @property
    def unknown(self) -> int:
        """The raw value that says "not implemented"."""
        if self.kind in _ZERO:
            return 0
        return _SIGNED.get(self.kind, (1 << 16 * self.width) - 1)

    def words(self, value: Value | None, factor: int) -> list[int]:
        """Return the registers of a value in the standard's unit, times ten to the power of -`factor`."""
        if value is None:
            raw = self.unknown
        elif isinstance(value, str):
            raw = int.from_bytes(value.encode("ascii")[: 2 * self.width].ljust(2 * self.width, b"\0"), "big")
        else:
            raw = round(value / 10**factor) & (1 << 16 * self.width) - 1
        return [raw >> 16 * place & 0xFFFF for place in reversed(range(self.width))]


@cache
def layout() -> dict[Key, Point]:
    """Return every point of the image by model and name."""
    described: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    points: dict[Key, Point] = {}
    address = BASE + len(MARK)
    for model in MODELS:
        for text in described[str(model)].split():
            point = _point(model, text, address)
            points[model, point.name] = point
            address += point.width
    return points


def image_words(values: Mapping[Key, Value | None]) -> dict[int, int]:
    """Return the whole image, base to end, by register address."""
    words = dict(enumerate(MARK, BASE))
    for point in layout().values():
        factor = values.get((point.model, point.scale), 0) if point.scale else 0
        value = _fixed(point) if point.name in ("ID", "L") else values.get((point.model, point.name))
        words.update(enumerate(point.words(value, int(factor or 0)), point.address))
    words.update(enumerate(END, max(words) + 1))
    return words


def _fixed(point: Point) -> int:
    """Return a model's id, or its length without id and length."""
    if point.name == "ID":
        return point.model
    return sum(one.width for one in layout().values() if one.model == point.model) - 2


def _point(model: int, text: str, address: int) -> Point:
    name, described = text.rstrip("!").split(":")
    described, _, scale = described.partition("@")
    kind, _, width = described.partition("*")
    return Point(
        model=model, name=name, address=address, kind=kind, width=int(width or _WIDTHS.get(kind, 1)), scale=scale
    )
