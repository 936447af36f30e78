"""What machines ask: is the process alive, is it ready to serve, and its figures (for this machine only)."""

from __future__ import annotations

import time

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dash_app.domain.errors import EnergyError
from dash_app.domain.ports import Measurements, States
from dash_app.domain.time import Clock

PUBLIC = ("/healthz", "/readyz", "/metrics")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def install_health(server: Flask, *, states: States, measurements: Measurements, clock: Clock) -> None:
    """Add `/healthz`, `/readyz` and `/metrics`."""
    figures = _Figures(states, measurements, clock)
    server.before_request(_start_watch)
    server.after_request(figures.count)
    server.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    server.add_url_rule("/readyz", "readyz", lambda: _ready(states))
    server.add_url_rule("/metrics", "metrics", figures.answer)


class _Figures:
    """One registry for each app: counts requests and reads the rest when it is asked."""

    def __init__(self, states: States, measurements: Measurements, clock: Clock) -> None:
        self._states, self._measurements, self._clock = states, measurements, clock
        self._registry = CollectorRegistry()
        names = ["kind", "status"]
        self._requests = Counter("energy_requests", "Answers by kind and status class", names, registry=self._registry)
        self._duration = Histogram("energy_request_seconds", "Time to answer", ["kind"], registry=self._registry)
        self._hit_rate = Gauge("energy_cache_hit_rate", "Page openings served from cache", registry=self._registry)
        by_kind = "Answers from cache alone, by what was asked"
        self._kinds = Gauge("energy_cache_hit_rate_by_kind", by_kind, ["kind"], registry=self._registry)
        self._asked = Gauge("energy_prefetch_points_asked", "Points the prefetch asked for", registry=self._registry)
        self._needed = Gauge("energy_prefetch_points_needed", "Points that 48 h hold", registry=self._registry)
        self._beat_age = Gauge("energy_heartbeat_age_seconds", "Since last beat", ["name"], registry=self._registry)

    def count(self, response: Response) -> Response:
        kind = "callback" if request.path == "/_dash-update-component" else "other"
        self._requests.labels(kind, f"{response.status_code // 100}xx").inc()
        if "started_s" in g:
            self._duration.labels(kind).observe(time.perf_counter() - g.started_s)
        return response

    def answer(self) -> ResponseReturnValue:
        """Return the figures; to anybody but this machine they do not exist."""
        if request.remote_addr not in _LOOPBACK or any(name in request.headers for name in _FORWARDED):
            return Response("not found", status=404)
        stats = self._measurements.stats()
        self._hit_rate.set(stats.hit_rate or 0.0)
        for one in stats.kinds:
            self._kinds.labels(one.kind.value).set(one.hit_rate or 0.0)
        self._asked.set(stats.points_asked)
        self._needed.set(stats.points_needed)
        for beat in self._states.heartbeats():
            self._beat_age.labels(beat.name).set((self._clock() - beat.at).total_seconds())
        return Response(generate_latest(self._registry), mimetype=CONTENT_TYPE_LATEST.split(";", maxsplit=1)[0])


def _ready(states: States) -> ResponseReturnValue:
    try:
        states.heartbeats()
    except EnergyError:
        return jsonify(status="not ready", plan_store="cannot be read"), 503
    return jsonify(status="ready")


def _start_watch() -> None:
    g.started_s = time.perf_counter()
