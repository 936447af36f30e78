"""The documents keep step with the code: settings, commands, files, addresses."""

import re
import subprocess
import sys
from pathlib import Path

from dash_app.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = ("run", "plan", "dispatch", "release", "optimise", "forecast", "backtest", "audit", "devices", "doctor")


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_setting_stands_in_the_example_with_its_default() -> None:
    shown = example()
    assert set(shown) == {name.upper() for name in Settings.model_fields}
    defaults = {name.upper(): str(field.default) for name, field in Settings.model_fields.items()}
    given = {name: value for name, value in shown.items() if value}
    assert {name: value.lower() for name, value in given.items()} == {name: defaults[name].lower() for name in given}


def test_the_example_is_a_valid_env_file(tmp_path, monkeypatch) -> None:
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    monkeypatch.chdir(tmp_path)
    assert Settings.from_env().embedded_edge


def test_every_command_explains_itself_and_stands_in_the_readme() -> None:
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "dash_app", command, "--help"], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 0 and "usage" in done.stdout, done.stderr
        assert f"`{command}`" in README


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"run", "test"} <= named <= targets


def test_every_file_a_document_links_to_exists() -> None:
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        missing = [link for link in links if not (document.parent / link).exists()]
        assert missing == [], document


def test_every_test_that_the_catalogue_of_faults_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "docs" / "faults.md").read_text())
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert len(named) > 40 and missing == []


def test_no_secret_stands_in_the_repository() -> None:
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT).stdout.split()
    words = re.compile(r"(?i)(password|secret_key|token)\s*[:=]\s*['\"][A-Za-z0-9_\-]{20,}['\"]")
    found = [
        name
        for name in files
        if name.endswith((".py", ".yaml", ".json", ".md", ".cfg")) and not name.startswith("tests/")
        if words.search((ROOT / name).read_text(errors="ignore"))
    ]
    assert found == []
