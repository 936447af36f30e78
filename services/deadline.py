"""A session whose exchanges end in time: a server that drips one byte a second never trips a read time-out."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse


class Watch:
    """Cuts the connection of the exchange that this thread is in when its time is over."""

    current = threading.local()

    def __init__(self, total_s: float) -> None:
        self.fired = False
        self._sock: socket.socket | None = None
        self._timer = threading.Timer(total_s, self._cut)
        self._timer.daemon = True

    def hold(self, sock: socket.socket | None) -> None:
        """Remember the socket to cut."""
        self._sock = sock
        if self.fired:
            self._cut()

    def _cut(self) -> None:
        self.fired = True
        if self._sock is not None:
            with suppress(OSError):  # it is closed already: nothing left to cut
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def __enter__(self) -> Watch:
        self.current.watch = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.current.watch = None


def new_session() -> requests.Session:
    """Return a session that keeps no cookies (they would mix people) and reads no .netrc (it replaces the token)."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", _WatchedAdapter())
    session.mount("https://", _WatchedAdapter())
    return session


def _watch_socket(sock: socket.socket | None) -> None:
    watch: Watch | None = getattr(Watch.current, "watch", None)
    if watch is not None:
        watch.hold(sock)


class _Http(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        _watch_socket(self.sock)
        return super().getresponse()


class _Https(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        _watch_socket(self.sock)
        return super().getresponse()


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
