"""How long the server takes for the callback that fills the overview, for 48 h and for a year, beside plain Flask.

The very payloads of the browser are posted again and again to the running demo, and in turn with each of them the same
number of bytes is fetched from a plain Flask app on gunicorn with as many workers and threads: what Flask and this
machine take anyway. Also: how much memory the web worker holds after that. Called by `benchmarks.demo`.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, Request

from tests.e2e.demo import Demo

ROUNDS = 30
RANGES = {"48h": "", "year": "?range=year", "year_15min": "?range=year&resolution=15"}
PLAIN = """
from pathlib import Path
from flask import Flask, Response
CONTENT = Path({path!r}).read_bytes()
server = Flask("plain")
server.add_url_rule("/", "plain", lambda: Response(CONTENT, mimetype="application/json"), methods=["POST"])
"""


def callback_times(page: Page, demo: Demo, path: str) -> dict[str, Any]:
    """Return p50 and p95 in ms for each range and for plain Flask with its payload, and the worker's memory in MB."""
    found: dict[str, Any] = {}
    for name, search in RANGES.items():
        request = _fill_request(page, f"{demo.url}{path}{search}")
        content = _post(page, request).body()
        with plain_flask(content) as address:
            pairs = [_pair(page, address, request) for _round in range(ROUNDS)]
        for what, times in zip(("callback", "plain_flask"), zip(*pairs, strict=True), strict=True):
            found |= {f"{what}_{name}_p{share}_ms": _percentile(times, share) for share in (50, 95)}
        found[f"callback_{name}_kb"] = round(len(content) / 1e3)
    return found | {"web_worker_mb": _worker_mb(demo.process.pid)}


@contextmanager
def plain_flask(content: bytes) -> Iterator[str]:
    """Serve these bytes with plain Flask on gunicorn, one worker with four threads as in the demo."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "content.json").write_bytes(content)
        (Path(folder) / "plain.py").write_text(PLAIN.format(path=str(Path(folder) / "content.json")))
        more = ["--bind", "127.0.0.1:0", "--workers", "1", "--threads", "4", "--no-control-socket"]
        command = [sys.executable, "-m", "gunicorn", "plain:server", *more]
        with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stderr is not None
                yield next(match[0] for line in process.stderr if (match := re.search(r"http://[\d.:]+", line)))
            finally:
                process.terminate()


def _fill_request(page: Page, url: str) -> Request:
    """Return the request with which a page that is already open fills itself again."""
    with page.expect_request(_fills, timeout=60_000):
        page.goto(url)
    page.wait_for_selector(
        "[data-chart=overview-pv] .scatterlayer .trace path.js-line", state="attached", timeout=60_000
    )
    with page.expect_request(_fills, timeout=60_000) as again:
        pass  # the page refreshes itself some seconds after its first drawing
    return again.value


def _fills(request: Request) -> bool:
    return "_dash-update-component" in request.url and "overview-pv-drawn.data" in (request.post_data or "")


def _post(page: Page, request: Request) -> Any:
    headers = {"Content-Type": "application/json", "Origin": re.match(r"https?://[^/]+", request.url)[0]}  # type: ignore[index]
    answer = page.request.post(request.url, data=request.post_data, headers=headers)
    assert answer.status == 200, answer.status
    return answer


def _plain(page: Page, address: str, request: Request) -> Any:
    answer = page.request.post(address, data=request.post_data, headers={"Content-Type": "application/json"})
    return answer.body()


def _worker_mb(pid: int) -> int:
    """Return the memory of the largest web worker that belongs to it alone, in MB."""
    family = psutil.Process(pid).children(recursive=True)
    web = [one for one in family if any("dash_app.server:server" in part for part in one.cmdline())]
    return round(max(one.memory_full_info().uss for one in web) / 1e6)


def _milliseconds(action: Callable[[], Any]) -> float:
    began = time.perf_counter()
    action()
    return 1e3 * (time.perf_counter() - began)


def _pair(page: Page, address: str, request: Request) -> tuple[float, float]:
    return _milliseconds(lambda: _post(page, request)), _milliseconds(lambda: _plain(page, address, request))


def _percentile(times: tuple[float, ...], share: int) -> int:
    ordered = sorted(times)
    return round(statistics.median(ordered) if share == 50 else ordered[int(share / 100 * (len(ordered) - 1))])
