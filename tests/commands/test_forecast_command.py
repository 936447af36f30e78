"""The headless forecast and backtest commands, as a shell sees them."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dash_app.cli import main

DATA = Path(__file__).parents[2] / "slothbox" / "data"


def write_history(path: Path, weeks: int = 6, value: str = "") -> Path:
    start = datetime(2021, 5, 3, tzinfo=UTC)
    rows = [(start + timedelta(hours=h), 10 + (h % 24)) for h in range(weeks * 168)]
    text = "timestamp_utc,value_kw\n" + "".join(f"{at.isoformat()},{kw}\n" for at, kw in rows)
    path.write_text(text + value)
    return path


def test_forecast_writes_one_row_for_each_step_of_the_horizon(tmp_path, capsys) -> None:
    assert main(["forecast", str(write_history(tmp_path / "h.csv")), "--horizon", "48h"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 48
    assert rows[0]["issued_at"] == "2021-06-14T00:00:00+00:00" == rows[0]["valid_at"]
    assert float(rows[5]["p50"]) == pytest.approx(15.0, abs=0.5)
    assert all(float(row["p10"]) <= float(row["p50"]) <= float(row["p90"]) for row in rows)


def test_forecast_uses_nothing_after_issued_at(tmp_path, capsys) -> None:
    one = write_history(tmp_path / "one.csv")
    other = tmp_path / "other.csv"
    lines = one.read_text().splitlines()
    other.write_text("\n".join(lines[:-48] + [line.rsplit(",", 1)[0] + ",9999" for line in lines[-48:]]) + "\n")
    issued = ["--issued-at", "2021-06-12T00:00:00+00:00"]
    assert main(["forecast", str(one), *issued]) == 0
    first = capsys.readouterr().out
    assert main(["forecast", str(other), *issued]) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    ("tail", "words"),
    [("2021-06-14T00:00:00+00:00,many\n", "line 1010"), ("2021-05-03T00:00:00+00:00,1\n", "stands twice")],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path, capsys, tail, words) -> None:
    assert main(["forecast", str(write_history(tmp_path / "h.csv", value=tail))]) != 0
    captured = capsys.readouterr()
    assert captured.out == "" and words in captured.err


def test_what_is_not_supported_is_refused_and_not_ignored(tmp_path, capsys) -> None:
    assert main(["forecast", str(write_history(tmp_path / "h.csv")), "--weather", "w.csv"]) != 0
    assert "--weather" in capsys.readouterr().err


def test_backtest_on_the_monash_load_is_at_least_5_percent_better_than_the_weekly_naive(tmp_path, capsys) -> None:
    history = tmp_path / "monash.csv"
    with gzip.open(DATA / "au_clayton" / "au_cla_demand_15min.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["timestamp_utc"] >= "2020-06-01"]
    with history.open("w") as out:
        out.write("timestamp_utc,value_kw\n")
        for row in rows:
            both = [row["building1_kw"], row["building6_kw"]]
            out.write(f"{row['timestamp_utc']},{sum(map(float, both)) if all(both) else ''}\n")
    code = main(["backtest", str(history), "--origins", "40", "--timezone", "Australia/Melbourne", "--json"])
    result = json.loads(capsys.readouterr().out)
    scores = {score["name"]: score["mae"] for score in result["scores"]}
    assert code == 0
    assert scores["mix"] <= 0.95 * scores["weekly_naive"]
    assert scores["mix"] <= 1.03 * min(scores.values())
    assert 0.70 <= result["coverage"] <= 0.90
