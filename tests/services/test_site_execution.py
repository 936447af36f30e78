"""SITES_FILE says by what a site is executed within a step: by its plan unless it says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from dash_app.domain.errors import ConfigError
from dash_app.domain.site import Execution
from services.sites import FileSites
from tests.services.test_sites import example


def execution_of(folder: Path, words: str) -> Execution:
    file = folder / "sites.yaml"
    file.write_text(example().replace("execution: plan ", words), encoding="utf-8")
    return FileSites(file).all_sites()[0].execution


@pytest.mark.parametrize(
    ("words", "execution"),
    [
        ("execution: plan ", Execution.PLAN),
        ("execution: value ", Execution.VALUE),
        ("# nothing ", Execution.PLAN),
    ],
)
def test_a_site_is_executed_by_what_it_says(tmp_path: Path, words: str, execution: Execution) -> None:
    assert execution_of(tmp_path, words) is execution


def test_any_other_execution_is_refused_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"sites.0.execution"):
        execution_of(tmp_path, "execution: luck ")
