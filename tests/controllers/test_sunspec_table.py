"""Our table of SunSpec's models against the official definitions, as pysunspec2 reads them."""

from __future__ import annotations

import pytest
import sunspec2.device as sunspec

from controllers.registers import RegisterType
from controllers.sunspec_models import model_point, models

KINDS = {
    "uint16": ("uint16", "enum16", "bitfield16", "count"),
    "int16": ("int16",),
    "uint32": ("uint32", "acc32", "bitfield32"),
    "int32": ("int32",),
    "uint64": ("acc64",),
    "float32": ("float32",),
}
WANTED = {1, 101, 102, 103, 111, 112, 113, 120, 121, 122, 123, 124, 160, 201, 202, 203, 204, 211, 212, 213, 214}
WANTED |= {701, 702, 703, 704, 713, 715, 802}
POINTS = [(model, point) for model, told in sorted(models().items()) for point in told["points"]]


def test_every_model_that_a_plant_may_have_is_in_the_table() -> None:
    assert set(models()) == WANTED


@pytest.mark.parametrize(("model", "point"), POINTS)
def test_a_point_stands_where_the_official_definition_puts_it(model: int, point: str) -> None:
    ours, official = model_point(f"{model}.{point}"), sunspec.Model(model)
    theirs = official.points[point]
    assert ours.offset == theirs.offset
    scale = theirs.pdef.get("sf")
    assert ours.scale_offset == (official.points[scale].offset if scale else None)
    if ours.length:
        assert (theirs.pdef["type"], theirs.len) == ("string", ours.length)
    else:
        assert theirs.pdef["type"] in KINDS[ours.type]
        assert theirs.len == RegisterType(ours.type).width


def test_a_module_of_a_repeating_model_stands_behind_those_before_it() -> None:
    official = sunspec.Model(160, data={"ID": 160, "N": 3, "module": [{"ID": number} for number in (1, 2, 3)]})
    for number in (1, 2, 3):
        theirs = official.groups["module"][number - 1].points["DCW"]
        assert model_point(f"160[{number}].DCW").offset == theirs.offset
    assert model_point("160[1].DCW").scale_offset == official.points["DCW_SF"].offset


@pytest.mark.parametrize("wrong", ["124.Nothing", "999.W", "OutWRte", "160[0].DCW", "103[1].W", "", "124"])
def test_what_names_no_point_is_refused_with_its_name(wrong: str) -> None:
    with pytest.raises(ValueError, match="'"):
        model_point(wrong)
