"""What a person at the running demo waits for: start, first chart, callbacks, prefetch, bytes on the first visit.

Starts the demo twice in one state folder (cold, then warm), signs in with a real browser and prints one JSON line with
the targets of the product beside what was measured. Absolute times on a shared machine are upper bounds.
Run: `python -m benchmarks.demo`.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.callbacks import callback_times
from tests.e2e.demo import Demo, chromium, running_demo, signed_in

PROJECT = "/p/monash/"
FIRST_CHART = "[data-chart=overview-pv] .scatterlayer .trace path.js-line"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        state = Path(folder)
        started = time.perf_counter()
        with running_demo(state) as demo:
            result: dict[str, Any] = {"benchmark": "demo", "cold_start_s": _since(started)}
            result |= _visits(browser, demo)
        started = time.perf_counter()
        with running_demo(state):
            result["warm_start_s"] = _since(started)
    print(json.dumps(result))
    print(
        f"cold start {result['cold_start_s']} s, warm start {result['warm_start_s']} s; first chart with data "
        f"{result['first_chart_cold_s']} s cold (gate 5), {result['first_chart_warm_s']} s warm (gate 2.5); callback "
        f"that fills the page, with its way over HTTP (p50/p95; plain Flask with the same bytes): "
        f"48 h {_both(result, '48h')} (gate 300); year {_both(result, 'year')} (gate 800); "
        f"year at 15 min {_both(result, 'year_15min')}; web worker {result['web_worker_mb']} MB; "
        f"prefetch asked {result['prefetch_points_asked']} points for {result['prefetch_points_needed']} needed; "
        f"first visit {result['first_visit_mb']} MB on the wire (gate 2.6)"
    )


def _visits(browser: Browser, demo: Demo) -> dict[str, Any]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = signed_in(context, demo, demo.sign_in_of("analyst"))
    result = {
        "first_chart_cold_s": _first_chart(page, demo),
        "first_chart_warm_s": _first_chart(page, demo),
        **_prefetch(page, demo),
        "first_visit_mb": round(_first_visit_bytes(browser, demo) / 1e6, 2),
        **callback_times(page, demo, PROJECT),
    }
    context.close()
    return result


def _first_chart(page: Page, demo: Demo) -> float:
    started = time.perf_counter()
    page.goto(f"{demo.url}{PROJECT}")
    page.wait_for_selector(FIRST_CHART, state="attached", timeout=60_000)
    return _since(started)


def _first_visit_bytes(browser: Browser, demo: Demo) -> int:
    """Return what the wire carries from an empty browser cache to the first chart, sign-in included."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    sizes = _count_bytes(context.new_cdp_session(page))
    page.goto(f"{demo.url}/login")
    email, password = demo.sign_in_of("analyst")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", password)
    page.press("input[type=password]", "Enter")
    page.wait_for_url(re.compile(r"/projects"))
    page.goto(f"{demo.url}{PROJECT}")
    page.wait_for_selector(FIRST_CHART, state="attached", timeout=60_000)
    total = sum(sizes)
    context.close()
    return total


def _count_bytes(session: Any) -> list[int]:
    sizes: list[int] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    return sizes


def _both(result: dict[str, Any], name: str) -> str:
    ours, plain = (
        "/".join(str(result[f"{what}_{name}_p{share}_ms"]) for share in (50, 95))
        for what in ("callback", "plain_flask")
    )
    return f"{ours} ms, {result[f'callback_{name}_kb']} kB; Flask {plain} ms"


def _prefetch(page: Page, demo: Demo) -> dict[str, int]:
    text = page.request.get(f"{demo.url}/metrics").text()
    found = dict(re.findall(r"^(energy_prefetch_points_\w+) (\S+)$", text, re.MULTILINE))
    return {
        "prefetch_points_asked": int(float(found["energy_prefetch_points_asked"])),
        "prefetch_points_needed": int(float(found["energy_prefetch_points_needed"])),
    }


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 1)


if __name__ == "__main__":
    main()
