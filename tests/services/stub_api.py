"""A small energy API of its own: the base contract, the extensions, and every way of going wrong."""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.fakes.clock import FakeClock

EVERYTHING = ("refresh", "roles", "measurands", "history", "columns", "live", "prices", "co2")
KEY = "a key that only the stub knows, 32 characters long"
PASSWORD = "canary-pa55word"

LISTING = [
    {"measurandId": 1, "measurandName": "pv_production_0", "measurandCategoryType": "PV_real", "resolution": 900},
    {"measurandId": "2", "measurandName": "e_demand", "measurandCategoryType": "Power_Util_Real ", "resolution": "900"},
]
BASE_KEYS = ("measurandId", "measurandName", "resolution")


class StubApi:
    """What the server knows and how it behaves; `fault` answers instead of it when set."""

    def __init__(self, clock: FakeClock, *extensions: str) -> None:
        self.clock = clock
        self.extensions = extensions
        self.listing: list[dict[str, Any]] = [dict(item) for item in LISTING]
        self.points: dict[str, list[tuple[datetime, float]]] = {}
        self.projects = {"p1": ["1", 2]}
        self.people = {"ada@example.org": PASSWORD, "bob@example.org": PASSWORD}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.tokens: list[str] = []
        self.used_refresh: set[str] = set()
        self.prices: dict[str, Any] | None = None
        self.page_size: int | None = None
        self.fault: Callable[[Handler], None] | None = None
        self.url = ""

    def measure(self, measurand_id: str, value: float, *, since: timedelta, step_s: int = 900, lag_s: int = 0) -> None:
        """Let a measurand have `value` every step in the last `since`, except in the last `lag_s`."""
        now = self.clock()
        first = now - since
        moments = [first + timedelta(seconds=k * step_s) for k in range(int(since.total_seconds()) // step_s)]
        known = dict(self.points.get(measurand_id, []))
        known.update({t: value for t in moments if t + timedelta(seconds=step_s + lag_s) <= now})
        self.points[measurand_id] = sorted(known.items())

    def calls(self, path: str) -> list[dict[str, str]]:
        """Return the queries of all requests to `path`."""
        return [query for _, seen, query in self.requests if seen == path]

    def sign_in_answer(self, email: str) -> dict[str, Any]:
        token = jwt.encode({"sub": email, "exp": self.clock() + timedelta(minutes=15), "n": len(self.tokens)}, KEY)
        self.tokens.append(token)
        projects = [
            {
                "projectId": name,
                "projectName": f"Name of {name}",
                "projectCategoryName": "pvTestProject",
                "measurands": ids,
            }
            for name, ids in self.projects.items()
        ]
        answer = {"access_token": token, "customer": {"customerId": len(email), "name": "Ada"}, "projects": projects}
        if "refresh" in self.extensions:
            answer["refresh_token"] = f"refresh-{len(self.tokens)}-{email}"
        if "roles" in self.extensions:
            projects[0]["roles"] = ["Manager", "astronaut"]
        return answer


class Handler(BaseHTTPRequestHandler):
    """One request; `stub` is set by `serving`."""

    protocol_version = "HTTP/1.1"
    stub: StubApi

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output quiet."""

    def send(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        self.body = json.loads(self.rfile.read(length) or b"{}")
        self.stub.requests.append((self.command, parts.path, query))
        if self.stub.fault is not None:
            self.stub.fault(self)
            return
        self.answer_well()

    def answer_well(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        handler = self.routes().get(parts.path)
        if handler is None:
            self.send(404, {"error": "unknown"})
            return
        handler(query)

    def routes(self) -> dict[str, Callable[[dict[str, str]], None]]:
        base = {"/customers/login": self.login, "/listmeasurands": self.listing, "/getprojectdata": self.data}
        more = {
            "refresh": {"/token/refresh": self.refresh},
            "measurands": {"/measurands": self.measurands},
            "live": {"/live": self.live},
            "prices": {"/prices": self.published},
        }
        base |= {f"/updatecustomer/{len(email)}": self.change for email in self.stub.people}
        found = {path: route for name in self.stub.extensions for path, route in more.get(name, {}).items()}
        return {**base, **found, **({"/capabilities": self.capabilities} if self.stub.extensions else {})}

    def capabilities(self, query: dict[str, str]) -> None:
        self.send(200, {"version": 1, "extensions": list(self.stub.extensions)})

    def login(self, query: dict[str, str]) -> None:
        if self.stub.people.get(self.body.get("email")) != self.body.get("password"):
            self.send(401, {"error": "wrong"})
            return
        self.send(200, self.stub.sign_in_answer(self.body["email"]))

    def refresh(self, query: dict[str, str]) -> None:
        token = self.body["refresh_token"]
        if token in self.stub.used_refresh:
            self.send(401, {"error": "used twice"})
            return
        self.stub.used_refresh.add(token)
        self.send(200, self.stub.sign_in_answer(token.split("-")[2]))

    def change(self, query: dict[str, str]) -> None:
        if self.allowed():
            before = jwt.decode(self.token(), KEY, ["HS256"], options={"verify_exp": False})["sub"]
            if self.body["email"] in self.stub.people.keys() - {before}:
                self.send(422, {"error": "taken"})
                return
            del self.stub.people[before]
            self.stub.people[self.body["email"]] = self.body["password"]
            self.send(200, {})

    def listing(self, query: dict[str, str]) -> None:
        if self.allowed():
            self.send(200, [{key: item[key] for key in BASE_KEYS} for item in self.stub.listing])

    def measurands(self, query: dict[str, str]) -> None:
        if self.allowed():
            self.send(200, [{**item, "title": f"Title {item['measurandId']}"} for item in self.stub.listing])

    def live(self, query: dict[str, str]) -> None:
        if self.allowed():
            newest = [(name, *points[-1]) for name, points in self.stub.points.items() if points]
            rows = [{"measurandId": i, "roundedTimestamp": t.isoformat(), "value": v} for i, t, v in newest]
            self.send(200, {"time": self.stub.clock().isoformat(), "values": rows})

    def published(self, query: dict[str, str]) -> None:
        if self.allowed():
            self.send(200 if self.stub.prices else 404, self.stub.prices or {"error": "none"})

    def data(self, query: dict[str, str]) -> None:
        if not self.allowed():
            return
        if query["id"] not in self.stub.projects:
            self.send(404, {"error": "unknown project"})
            return
        chosen = self.chosen(query)
        if query.get("format") == "columns":
            self.send(200, [{"projectCategoryName": "x", "series": self.columns(chosen), "next": None}])
            return
        self.send(
            200, [{"projectCategoryName": "x", "data": [self.row(*point) for point in chosen], **self.next(query)}]
        )

    def chosen(self, query: dict[str, str]) -> list[tuple[datetime, str, float]]:
        if "from" in query:
            first, last = ((datetime.fromisoformat(query[key]),) for key in ("from", "to"))
            wanted = query["measurands"].split(",")
            known = {name: points for name, points in self.stub.points.items() if name in wanted}
            cut = {
                name: points[bisect_left(points, first) : bisect_left(points, last)] for name, points in known.items()
            }
            return sorted((t, name, v) for name, points in cut.items() for t, v in points)
        everything = sorted((t, name, v) for name, points in self.stub.points.items() for t, v in points)
        if self.stub.page_size is not None:
            place = int(query.get("page", "0")) * self.stub.page_size
            return everything[place : place + self.stub.page_size]
        return everything[-int(query["limit"]) :]

    def next(self, query: dict[str, str]) -> dict[str, str]:
        page = int(query.get("page", "0")) + 1
        total = sum(map(len, self.stub.points.values()))
        if self.stub.page_size is None or page * self.stub.page_size >= total:
            return {}
        return {"next": f"/getprojectdata?id={query['id']}&page={page}"}

    def row(self, moment: datetime, measurand_id: str, value: float) -> dict[str, Any]:
        item = next(i for i in self.stub.listing if str(i["measurandId"]) == measurand_id)
        stamp = moment.replace(tzinfo=None).isoformat()
        category = item["measurandCategoryType"]
        code = item["measurandName"]
        return {
            "measurandId": item["measurandId"],
            "measurand": code,
            "measurandCategoryType": category,
            "roundedTimestamp": stamp,
            "value": value,
        }

    def columns(self, chosen: list[tuple[datetime, str, float]]) -> list[dict[str, Any]]:
        found = []
        for item in self.stub.listing:
            mine = {t: v for t, name, v in chosen if name == str(item["measurandId"])}
            if mine:
                start, step = min(mine), timedelta(seconds=int(item["resolution"]))
                steps = (max(mine) - start) // step + 1
                values = [mine.get(start + k * step) for k in range(steps)]
                column = {"measurandId": item["measurandId"], "start": start.isoformat(), "step_s": step.seconds}
                found.append({**column, "values": values})
        return found

    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def allowed(self) -> bool:
        if self.token() in self.stub.tokens:
            return True
        self.send(401, {"error": "no"})
        return False


@contextmanager
def serving(stub: StubApi, port: int = 0) -> Iterator[StubApi]:
    """Serve on loopback; `stub.url` is the address. Leaving the block closes the port."""
    handler = type("StubHandler", (Handler,), {"stub": stub})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answers(status: int, body: Any = b"{}", **headers: str) -> Callable[[Handler], None]:
    """Return a fault that always answers this."""
    return lambda handler: handler.send(status, body, **headers)


def in_turn(*faults: Callable[[Handler], None] | None) -> Callable[[Handler], None]:
    """Return a fault that behaves like each of these in turn; None is the right answer, and so is what comes after."""
    left = list(faults)

    def next_one(handler: Handler) -> None:
        now = left.pop(0) if left else None
        (now or Handler.answer_well)(handler)

    return next_one


def drips(headers_too: bool, stop: threading.Event) -> Callable[[Handler], None]:
    """Return a fault that sends one byte every 50 ms, for ever, until `stop`."""

    def drip(handler: Handler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            if not headers_too:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            else:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not stop.wait(0.05):
                handler.wfile.write(b"a")
                handler.wfile.flush()

    return drip


def cuts(content: bytes, promised: int) -> Callable[[Handler], None]:
    """Return a fault that promises more bytes than it sends."""

    def cut(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % promised + content)

    return cut
