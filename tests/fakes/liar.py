"""A Modbus server that lies: for each request a test says which bytes come back, when, or that none do."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

Reply = Callable[[int, bytes], bytes | None]
"""(transaction id, request PDU) -> the answer's PDU, or None for silence."""


class Liar:
    """Listens on loopback and hands every request to `reply`; `requests` holds the PDUs that arrived."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Liar:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            line.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            while header := line.recv(7, socket.MSG_WAITALL):
                transaction, _, length, unit = struct.unpack(">HHHB", header)
                request = line.recv(length - 1, socket.MSG_WAITALL)
                self.requests.append(request)
                answer = self.reply(transaction, request)
                if answer is not None:
                    line.sendall(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
        except (OSError, struct.error):
            return
