"""The running demo, as `make run` starts it, and a real browser in front of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

READY_WITHIN_S = 180
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu",
]  # fmt: skip


@dataclass
class Demo:
    """One running demo: its address, its sign-ins, and what it printed."""

    process: subprocess.Popen[str]
    state_dir: Path
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return next(re.search(r"http://\S+", line).group() for line in self.lines if "is ready" in line)

    @property
    def card(self) -> dict[str, Any]:
        return json.loads((self.state_dir / "edge" / "edge.json").read_text())

    def sign_in_of(self, role: str) -> tuple[str, str]:
        hint = next(hint for hint in self.card["sign_ins"] if hint["role"] == role)
        return hint["email"], hint["password"]

    def account(self, email: str) -> tuple[str, str]:
        hint = next(hint for hint in self.card["sign_ins"] if hint["email"] == email)
        return hint["email"], hint["password"]

    def stop(self, number: int = signal.SIGINT, within_s: float = 60) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(within_s)


@contextmanager
def running_demo(state_dir: Path, **env: str) -> Iterator[Demo]:
    """Start `energy-dashboard run` on a free port and wait until it says that it is ready."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ENERGY_", "SITES_", "DEVICES_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "dash_app", "run"],
        env=clean | {"STATE_DIR": str(state_dir), "PORT": "0", **env},
        cwd=state_dir,
        stdout=subprocess.PIPE,
        stderr=(state_dir / "stderr.log").open("w"),
        text=True,
    )
    demo = Demo(process=process, state_dir=state_dir)
    threading.Thread(target=lambda: demo.lines.extend(process.stdout), daemon=True).start()
    try:
        _wait_until_ready(demo)
        yield demo
    finally:
        demo.stop()


def _wait_until_ready(demo: Demo) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not any("Stop it with" in line for line in demo.lines):
        if demo.process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the demo did not start:\n{(demo.state_dir / 'stderr.log').read_text()[-4000:]}")
        time.sleep(0.1)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def signed_in(context: BrowserContext, demo: Demo, account: tuple[str, str]) -> Page:
    """Sign in through the form, as a person does; return the page on the project selection."""
    page = context.new_page()
    page.goto(f"{demo.url}/login")
    page.fill("input[type=email]", account[0])
    page.fill("input[type=password]", account[1])
    page.press("input[type=password]", "Enter")
    page.wait_for_url(re.compile(r"/projects"))
    return page
