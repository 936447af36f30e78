"""A wire that misbehaves: a TCP proxy for Modbus frames that does something to chosen answers of a healthy server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CHUNK_PAUSE_S = 0.002
HEADER = 7

Deliver = Callable[[socket.socket, bytes], None]
"""(line to the client, the answer's frame): sends what the client shall get."""


def _silence(line: socket.socket, frame: bytes) -> None:
    """Deliver nothing: the acknowledgement is lost."""


def _cut(line: socket.socket, frame: bytes) -> None:
    line.sendall(frame[:-2])
    line.shutdown(socket.SHUT_RDWR)


def _reset(line: socket.socket, frame: bytes) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def _fragments(line: socket.socket, frame: bytes) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for place in range(len(frame)):
        line.sendall(frame[place : place + 1])
        time.sleep(CHUNK_PAUSE_S)


def _other_transaction(line: socket.socket, frame: bytes) -> None:
    line.sendall(struct.pack(">H", (int.from_bytes(frame[:2], "big") + 7) & 0xFFFF) + frame[2:])


def _transaction_0(line: socket.socket, frame: bytes) -> None:
    line.sendall(b"\0\0" + frame[2:])


def _other_unit(line: socket.socket, frame: bytes) -> None:
    line.sendall(frame[:6] + bytes([frame[6] + 1]) + frame[HEADER:])


def _garbage(line: socket.socket, frame: bytes) -> None:
    line.sendall(b"\xde\xad\xbe\xef" * 5)


def _wrong_length(line: socket.socket, frame: bytes) -> None:
    line.sendall(frame[:4] + struct.pack(">H", len(frame) + 40) + frame[6:])


def _twice(line: socket.socket, frame: bytes) -> None:
    line.sendall(frame + frame)


def late(seconds: float) -> Deliver:
    """Return a delivery that comes after the client has given up."""

    def deliver(line: socket.socket, frame: bytes) -> None:
        time.sleep(seconds)
        line.sendall(frame)

    return deliver


def flipped(byte: int, bit: int) -> Deliver:
    """Return a delivery with one bit of the answer's PDU turned over."""

    def deliver(line: socket.socket, frame: bytes) -> None:
        place = HEADER + byte
        line.sendall(frame[:place] + bytes([frame[place] ^ (1 << bit)]) + frame[place + 1 :])

    return deliver


def answering(pdu: bytes) -> Deliver:
    """Return a delivery of another answer, under the right transaction and unit."""

    def deliver(line: socket.socket, frame: bytes) -> None:
        line.sendall(frame[:4] + struct.pack(">H", len(pdu) + 1) + frame[6:7] + pdu)

    return deliver


STORMS: dict[str, Deliver] = {
    "lost acknowledgement": _silence,
    "cut in the middle": _cut,
    "connection reset": _reset,
    "one byte at a time": _fragments,
    "another transaction": _other_transaction,
    "transaction 0": _transaction_0,
    "another unit": _other_unit,
    "garbage": _garbage,
    "a lying length": _wrong_length,
    "delivered twice": _twice,
}


@dataclass
class FaultProxy:
    """Use as a context manager. `wrong` is done to the next `times` answers to requests that `matches` picks."""

    upstream: int
    wrong: Deliver | None = None
    times: int = 0
    matches: Callable[[bytes], bool] = lambda _: True
    connections: int = 0
    port: int = 0
    _lines: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> FaultProxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for line in (self._listener, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(line)
            threading.Thread(target=self._pass_on, args=(line,), daemon=True).start()

    def _pass_on(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.upstream)) as server:
            for request in _frames(line):
                server.sendall(request)
                answer = next(_frames(server), b"")
                if not answer:
                    return
                if self.wrong is not None and self.times and self.matches(request[HEADER:]):
                    self.times -= 1
                    self.wrong(line, answer)
                else:
                    line.sendall(answer)


def _frames(line: socket.socket) -> Iterator[bytes]:
    while len(header := line.recv(HEADER, socket.MSG_WAITALL)) == HEADER:
        length = int.from_bytes(header[4:6], "big") - 1
        yield header + line.recv(length, socket.MSG_WAITALL)


def writes_to(addr: int) -> Callable[[bytes], bool]:
    """Return what picks writes to an address."""
    return lambda pdu: pdu[0] in (6, 16) and int.from_bytes(pdu[1:3], "big") == addr


def reads_of(table_function: int, addr: int) -> Callable[[bytes], bool]:
    """Return what picks reads that begin at an address."""
    return lambda pdu: pdu[0] == table_function and int.from_bytes(pdu[1:3], "big") == addr
