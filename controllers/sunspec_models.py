"""SunSpec's models as data: where the points that we use stand in a model, and how a file refers to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

REFERENCE = re.compile(r"(?P<model>\d+)(?:\[(?P<module>\d+)\])?\.(?P<point>\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPoint:
    """A point of a model: `offset` and `scale_offset` count from the model's first register; `length` is a text's."""

    model: int
    offset: int
    type: str
    scale_offset: int | None = None
    length: int = 0


def model_point(reference: str) -> ModelPoint:
    """Return the point that "124.OutWRte" or, in the second of a model's repeated parts, "160[2].DCW" names.

    Raise ValueError when there is none.
    """
    found = REFERENCE.fullmatch(reference)
    told = models().get(int(found["model"])) if found else None
    if found is None or told is None:
        raise ValueError(f"{reference!r} names no model of SunSpec that is known here, such as 124.OutWRte")
    points, shift = told["points"], 0
    if found["module"]:
        repeated = told.get("repeated")
        if repeated is None or int(found["module"]) < 1:
            raise ValueError(f"{reference!r}: model {found['model']} has no such repeated part")
        points, shift = told["module"], repeated["first"] + (int(found["module"]) - 1) * repeated["every"]
    if found["point"] not in points:
        raise ValueError(f"{reference!r}: model {found['model']} has {', '.join(points)}")
    return _point(int(found["model"]), points[found["point"]], shift)


@cache
def models() -> dict[int, dict[str, Any]]:
    """Return the table by model id."""
    text = files("controllers").joinpath("data", "sunspec_models.yaml").read_text(encoding="utf-8")
    return {model: entry for entry in yaml.safe_load(text) for model in entry["models"]}


def _point(model: int, row: list[Any], shift: int) -> ModelPoint:
    offset, kind, *more = row
    if kind == "text":
        return ModelPoint(model=model, offset=shift + offset, type="uint16", length=more[0])
    return ModelPoint(model=model, offset=shift + offset, type=kind, scale_offset=more[0] if more else None)
