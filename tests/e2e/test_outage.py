"""The energy API's process is killed and started again under running pages; nothing of ours is restarted."""

from __future__ import annotations

import http.client
import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from diskcache import Cache, JSONDisk
from playwright.sync_api import Browser, Page, expect

from tests.e2e.demo import Demo, signed_in
from tests.e2e.processes import eventually, processes_of, words_of

pytestmark = pytest.mark.e2e

MELBOURNE = ZoneInfo("Australia/Melbourne")
AGE = timedelta(minutes=20)
WRONG = "Wrong e-mail or password."
BACK_WITHIN_S = 60


@contextmanager
def api_away(demo: Demo) -> Iterator[None]:
    """Kill the energy API and keep whoever would start it again from doing so."""
    ours = processes_of(demo.state_dir)
    keeper = next(process for process in ours if "slothbox up" in words_of(process))
    keeper.send_signal(signal.SIGSTOP)
    try:
        for process in ours:
            if "slothbox.api.server" in words_of(process):
                process.kill()
        assert eventually(lambda: not answers(demo), within_s=10)
        yield
    finally:
        keeper.send_signal(signal.SIGCONT)
    assert eventually(lambda: answers(demo), within_s=BACK_WITHIN_S)


def answers(demo: Demo) -> bool:
    connection = http.client.HTTPConnection(urlsplit(demo.card["api_url"]).netloc, timeout=2)
    try:
        connection.request("GET", "/capabilities")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def age_the_rows(demo: Demo, project_id: str) -> None:
    """Make the cached rows of a project as old as if nobody had opened it for a while."""
    seconds = AGE.total_seconds()
    for folder in (demo.state_dir / "cache").iterdir():
        with Cache(str(folder), disk=JSONDisk) as cache:
            for key in [key for key in cache if key.startswith('["window"') and f'"{project_id}"' in key]:
                row = json.loads(cache[key])
                row["fetched_at"] -= seconds
                row["asked"] = {name: moment - seconds for name, moment in row["asked"].items()}
                for series in row["series"].values():
                    lost = int(seconds // series["step_s"])
                    series["values"] = series["values"][: len(series["values"]) - lost]
                cache[key] = json.dumps(row)


def pids_of_the_app(demo: Demo) -> set[int]:
    return {process.pid for process in processes_of(demo.state_dir) if "dash_app" in words_of(process)}


def opened(browser: Browser, demo: Demo, name: str) -> Page:
    page = signed_in(browser.new_context(), demo, demo.account(f"{name}@example.org"))
    expect(page.locator(".sb-row").first).to_be_visible()
    return page


def test_pages_show_saved_data_with_its_age_and_recover_without_a_restart(demo: Demo, browser: Browser) -> None:
    page, before = opened(browser, demo, "amin"), pids_of_the_app(demo)
    address = f"{demo.url}/p/monash/"
    page.goto(address)
    expect(page.locator("[data-kpi=current]")).to_be_visible()
    age_the_rows(demo, "monash")
    with api_away(demo):
        page.goto(address)
        banner = page.locator("#overview-banner")
        expect(banner).to_contain_text(re.compile(r"Showing saved data from \d\d:\d\d\."))
        told = re.search(r"(\d\d:\d\d)\. (\d+)\u00a0min old", banner.text_content() or "")
        assert told is not None
        then = datetime.now(UTC).astimezone(MELBOURNE) - AGE
        assert told.group(1) in {f"{then - timedelta(minutes=minutes):%H:%M}" for minutes in range(3)}
        assert AGE <= timedelta(minutes=int(told.group(2))) <= AGE + timedelta(minutes=2)
        expect(page.locator("[data-kpi]")).to_have_count(4)
        expect(page.locator("#shell-freshness")).to_have_text("Server not reached")
        page.goto(f"{demo.url}/p/monash/live")
        expect(page.locator("#live-chain .sb-card")).to_be_visible()
        page.goto(address)
        expect(banner).to_contain_text("Showing saved data from")
    assert eventually(lambda: recovered(page), within_s=BACK_WITHIN_S)
    expect(page.locator("#shell-freshness")).to_contain_text("Live")
    assert pids_of_the_app(demo) == before
    page.context.close()


def recovered(page: Page) -> bool:
    page.reload()
    expect(page.locator("[data-kpi=current]")).to_be_visible()
    return "saved data" not in (page.locator("#overview-banner").text_content() or "")


def test_a_project_without_saved_data_counts_down_and_opens_by_itself(demo: Demo, browser: Browser) -> None:
    page = opened(browser, demo, "otto")
    with api_away(demo):
        page.goto(f"{demo.url}/p/konstanz-4/")
        words = page.locator("#overview-countdown")
        expect(words).to_have_text(re.compile(r"We cannot reach the server\. Trying again in \d s \(\d of 5\)\."))
    expect(page.locator("[data-kpi=current]")).to_be_visible()
    expect(words).to_be_hidden()
    page.context.close()


def test_the_sign_in_says_that_the_server_is_away_and_goes_on_by_itself(demo: Demo, browser: Browser) -> None:
    email, password = demo.account("vera@example.org")
    page = browser.new_context().new_page()
    page.goto(f"{demo.url}/login")
    heard: list[str] = []
    page.expose_function("hear", lambda said: heard.append(said))
    page.evaluate(
        "new MutationObserver((seen) => seen.forEach((one) => window.hear(one.target.textContent)))"
        ".observe(document.querySelector('.login-words'), {childList: true, characterData: true, subtree: true})"
    )
    with api_away(demo):
        page.fill("input[type=email]", email)
        page.fill("input[type=password]", password)
        page.press("input[type=password]", "Enter")
        words = page.locator(".login-words")
        expect(words).to_have_text(re.compile(r"We cannot reach the server\. Trying again in \d s \(2 of 5\)\."))
        expect(page).to_have_url(re.compile("/login"))
    page.wait_for_url(re.compile("/projects"))
    assert "We cannot reach the server. Trying again in 5 s (2 of 5)." in heard
    assert not any(WRONG in said for said in heard)
    page.context.close()


def test_a_wrong_password_is_called_that_and_nothing_else(demo: Demo, browser: Browser) -> None:
    page = browser.new_context().new_page()
    for email, password in ((demo.account("vera@example.org")[0], "not hers"), ("nobody@example.org", "nothing")):
        page.goto(f"{demo.url}/login")
        page.fill("input[type=email]", email)
        page.fill("input[type=password]", password)
        page.press("input[type=password]", "Enter")
        expect(page.locator(".login-words")).to_have_text(WRONG)
        expect(page).to_have_url(re.compile("/login"))
    page.context.close()
