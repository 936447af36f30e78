"""The fault switches from outside: one JSON line in, one JSON line out, over a Unix socket in the state folder."""

import argparse
import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from slothbox.plant.faults import fault_list
from slothbox.plant.server import PlantServer

SOCKET_NAME = "plant.sock"
TIMEOUT_S = 5.0
LONGEST_LINE = 4096


async def serve_faults(state_dir: Path, servers: Mapping[str, PlantServer]) -> asyncio.Server:
    """Listen on `state_dir/plant.sock` (0600) for switches of the plants by project id."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = switch(servers, await reader.readline())
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
        writer.close()

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    (state_dir / SOCKET_NAME).unlink(missing_ok=True)
    with _short_path(state_dir) as path:
        listener.bind(path)
    (state_dir / SOCKET_NAME).chmod(0o600)
    return await asyncio.start_unix_server(answer, sock=listener, limit=LONGEST_LINE)


def switch(servers: Mapping[str, PlantServer], line: bytes) -> dict[str, object]:
    """Carry out one line `{"project", "fault", "value"}` and return what is switched on then, or `{"error"}`."""
    try:
        order = json.loads(line)
        server = servers[str(order["project"])]
        _switch_one(server, str(order["fault"]), str(order.get("value", "on")))
    except KeyError as missing:
        return {"error": f"no such plant or key: {missing}; plants are {', '.join(servers)}"}
    except (ValueError, TypeError, AttributeError) as problem:
        return {"error": str(problem)}
    return {"faults": asdict(server.plant.faults)}


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `slothbox faults list`."""
    parser.add_argument("what", choices=["list"], help="name every fault and what it does")


def run_list(_args: argparse.Namespace) -> int:
    """Print every fault and what it does."""
    for name, does in fault_list().items():
        sys.stdout.write(f"{name:16} {does}\n")
    return 0


def send_fault(state_dir: Path, project: str, fault: str, value: str = "on") -> dict[str, object]:
    """Switch a fault of a running plant and return its answer; OSError when no plant listens there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire, _short_path(state_dir) as path:
        wire.settimeout(TIMEOUT_S)
        wire.connect(path)
        wire.sendall(json.dumps({"project": project, "fault": fault, "value": value}).encode() + b"\n")
        answer: dict[str, object] = json.loads(wire.makefile().readline())
    return answer


def add_fault_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `slothbox fault`."""
    parser.add_argument("--state-dir", type=Path, required=True, help="the folder the plant was started with")
    parser.add_argument("--site", required=True, help="project id, for example monash")
    parser.add_argument("fault", help="one of `faults list`; `clear` switches all of them off")
    parser.add_argument("value", nargs="?", default="on", help="on, off, a number, or kept (reboot)")


def run_fault(args: argparse.Namespace) -> int:
    """Switch one fault and print the plant's answer; 0 done, 1 refused, 2 no plant."""
    try:
        answer = send_fault(args.state_dir, args.site, args.fault, args.value)
    except OSError as problem:
        sys.stderr.write(f"no plant listens in {args.state_dir}: {problem}\n")
        return 2
    sys.stdout.write(json.dumps(answer) + "\n")
    return 1 if "error" in answer else 0


def _switch_one(server: PlantServer, fault: str, value: str) -> None:
    if fault == "reboot":
        server.reboot(kept=_kept(value))
    elif fault == "soc":
        server.plant.set_soc(float(value))
    else:
        server.plant.faults.set(fault, value)


def _kept(value: str) -> bool:
    if value not in ("on", "kept"):
        raise ValueError(f"a plant reboots with its registers `kept` or not at all kept, not {value!r}")
    return value == "kept"


@contextmanager
def _short_path(state_dir: Path) -> Iterator[str]:
    """Name the socket by its open folder: the path of a Unix socket may not be longer than 107 bytes."""
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET_NAME}"
    finally:
        os.close(folder)
