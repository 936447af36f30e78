"""A store in a file, and processes that share it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.store import PlanStore, open_store

ROOT = Path(__file__).parents[2]
SECRET = "a secret key of forty characters, or so.."


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state' / 'plans.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[PlanStore]:
    opened = open_store(url, secret_key=SECRET, busy_timeout_s=0.2)
    yield opened
    opened.close()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start python on a piece of text, with arguments; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_script(script: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_script
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
