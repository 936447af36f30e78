"""The app run against an energy API that is not its own: a proxy before the demo's, which counts what is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.demo import Demo, running_demo

NOT_FORWARDED = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})


class CountingProxy(ThreadingHTTPServer):
    """Hands every request on to `upstream` and keeps "METHOD /path?query" of each in `asked`."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: CountingProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        onward = HTTPConnection(self.server.upstream, timeout=30)
        onward.request(self.command, self.path, body or None, {**self.headers, "Connection": "close"})
        answer = onward.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_FORWARDED:
                self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        onward.close()

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


@dataclass
class OwnApi:
    """A run of the app against a server of its own."""

    app: Demo
    proxy: CountingProxy
    wanted_port: int

    def upstream_calls(self, project_id: str) -> list[str]:
        """Return the calls for measurements of a project so far (not those for the newest values, which never rest)."""
        calls = [asked for asked in self.proxy.asked if f"={project_id}" in asked]
        return [asked for asked in calls if not asked.startswith("GET /live")]


@contextmanager
def running_against(demo: Demo, state_dir: Path) -> Iterator[OwnApi]:
    """Start `energy-dashboard run` with ENERGY_API_URL and SITES_FILE only, on the port that the demo holds."""
    proxy = CountingProxy(demo.card["api_url"])
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    port = urlsplit(demo.url).port
    assert port is not None
    settings = {"ENERGY_API_URL": proxy.url, "SITES_FILE": demo.card["sites_file"], "PORT": str(port)}
    try:
        with running_demo(state_dir, **settings) as app:
            yield OwnApi(app=app, proxy=proxy, wanted_port=port)
    finally:
        proxy.shutdown()
        proxy.server_close()
