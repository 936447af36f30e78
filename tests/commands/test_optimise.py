"""The optimise command: JSON in, JSON out, and an exit code that is 0 only for an optimal plan."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dash_app.commands import optimise
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_problem


def run(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, dict[str, Any]]:
    file = tmp_path / "problem.json"
    file.write_text(text)
    parser = argparse.ArgumentParser()
    optimise.add_arguments(parser)
    code = optimise.run(parser.parse_args([str(file), *flags]))
    return code, json.loads(capsys.readouterr().out)


def test_the_example_is_solved_and_the_exit_code_is_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(json.dumps(EXAMPLE), tmp_path, capsys)
    assert code == 0
    assert answer["objective"] == pytest.approx(3.975)
    keys = "status objective import_kw export_kw charge_kw discharge_kw curtailed_kw stored_kwh flexible_kw gap"
    assert set(answer) == {*keys.split(), "solve_ms", "duals", "conflicts"}
    assert set(answer["duals"]) == {"stored_energy", "import_limit", "export_limit", "peak"}


def test_a_problem_without_a_plan_names_what_contradicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(json.dumps(changed(EXAMPLE, battery__soc_end_min=0.95)), tmp_path, capsys)
    assert code == 1
    assert (answer["status"], answer["objective"]) == ("infeasible", None)
    assert "battery.soc_end_min" in {conflict["key"] for conflict in answer["conflicts"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expecting"),
        ("[1]", "one JSON object"),
        ('{"steps": NaN}', "NaN"),
        ('{"steps": 1, "steps": 2}', "steps: this key stands there twice"),
        (json.dumps(changed(EXAMPLE, colour="red")), "colour"),
    ],
)
def test_invalid_input_says_what_is_wrong(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = run(text, tmp_path, capsys)
    assert (code, answer["status"], answer["import_kw"]) == (2, "invalid", None)
    assert words in answer["error"]


def test_fast_gives_a_feasible_plan_with_its_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(json.dumps({**EXAMPLE, "export_price": [0.2, 0.5]}), tmp_path, capsys, "--fast")
    assert (code, answer["status"]) == (1, "feasible")
    assert answer["objective"] == pytest.approx(5.0 - 5.125 * 0.5)
    assert 0.0 <= answer["gap"] <= 1e-4


def test_fast_is_exact_where_no_binaries_are_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(json.dumps(EXAMPLE), tmp_path, capsys, "--fast")
    assert (code, answer["status"], answer["gap"]) == (0, "optimal", 0.0)


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = optimise.run(argparse.Namespace(problem="/nowhere.json", time_limit=60.0, fast=False, front=None))
    assert code == 2
    assert "/nowhere.json" in json.loads(capsys.readouterr().out)["error"]


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(EXAMPLE)))
    assert optimise.run(argparse.Namespace(problem="-", time_limit=60.0, fast=False, front=None)) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "optimal"


def test_a_time_limit_is_not_called_optimal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    hard = random_problem(np.random.default_rng(3), steps=192, hard_prices=True)
    code, answer = run(json.dumps(hard), tmp_path, capsys, "--time-limit", "0.000001")
    assert (code, answer["status"]) == (1, "time_limit")


@pytest.mark.parametrize("text", ["0", "-1", "nan", "soon"])
def test_a_time_limit_is_a_number_above_0(text: str) -> None:
    parser = argparse.ArgumentParser()
    optimise.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["-", "--time-limit", text])
