"""Who may import whom, kept by import-linter; and what no import may do."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(["lint-imports", "--no-logo"], cwd=ROOT, capture_output=True, text=True, env=_path())
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_web_app_loads_neither_statsmodels_nor_cvxpy() -> None:
    code = "import sys, dash_app.app; print([m for m in ('statsmodels', 'cvxpy', 'lightgbm') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_only_settings_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in ("dash_app", "pages", "components", "services", "optimizer", "controllers")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text())
    ]
    assert readers == ["dash_app/supervisor.py"], "the supervisor hands the environment on; nobody else reads it"


def _path() -> dict[str, str]:
    return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
