"""What is really in a device's registers, according to mbpoll, a client by somebody else in another language."""

from __future__ import annotations

import re
import subprocess

KINDS = {"holding": "4", "input": "3"}


def registers(port: int, table: str, addr: int, count: int, *, unit: int = 1) -> tuple[int, ...]:
    """Return registers as mbpoll reads them over a connection of its own."""
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-a", str(unit), "-t", f"{KINDS[table]}:hex", "-0", "-1"]
    command += ["-r", str(addr), "-c", str(count), "-q", "127.0.0.1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr + done.stdout
    found = re.findall(r"\[(\d+)\]:\s+0x([0-9A-F]{4})", done.stdout)
    assert [int(place) for place, _ in found] == list(range(addr, addr + count)), done.stdout
    return tuple(int(word, 16) for _, word in found)


def write(port: int, addr: int, *values: int, unit: int = 1) -> None:
    """Write registers as somebody else would."""
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-a", str(unit), "-t", "4", "-0", "-1", "-r", str(addr), "-q"]
    done = subprocess.run([*command, "127.0.0.1", *map(str, values)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr + done.stdout
