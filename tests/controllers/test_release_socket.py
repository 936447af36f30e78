"""The release socket, its link and the spool: stop without the store."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from controllers.release_socket import ReleaseServer, SocketLink
from controllers.spool import JsonLinesSpool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dispatcher.sock"


@pytest.fixture
def asked() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def server(path: Path, asked: list[tuple[str, str]]) -> Iterator[ReleaseServer]:
    def release(project_id: str, who: str) -> dict[str, str]:
        asked.append((project_id, who))
        return {"ess1": ""} if project_id == "monash" else {"ess1": "", "ess2": "silent"}

    with ReleaseServer(path, release) as running:
        yield running


def test_the_dispatcher_hears_who_releases_what(
    server: ReleaseServer, path: Path, asked: list[tuple[str, str]]
) -> None:
    assert SocketLink(path).release("monash", "olga")
    assert asked == [("monash", "olga")]


def test_one_device_that_does_not_confirm_is_no_confirmation(server: ReleaseServer, path: Path) -> None:
    assert not SocketLink(path).release("fontana", "olga")
    assert SocketLink(path).outcome("fontana", "olga") == {"ess1": "", "ess2": "silent"}


def test_only_its_owner_may_use_the_socket(server: ReleaseServer, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nobody_listening_is_no_confirmation(path: Path) -> None:
    assert not SocketLink(path).release("monash", "olga")


@pytest.mark.parametrize(
    "noise", [b"", b"\n", b"[]\n", b"{\n", b'{"release": 3, "who": "x"}\n', b"\xff\n", b"x" * 9000]
)
def test_noise_does_not_end_the_server(server: ReleaseServer, path: Path, noise: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(path))
        line.sendall(noise)
    assert SocketLink(path).release("monash", "olga")


def test_a_new_dispatcher_takes_the_path_over_and_the_old_one_leaves_it(path: Path) -> None:
    old = ReleaseServer(path, lambda *_: {"old": ""})
    new = ReleaseServer(path, lambda *_: {"new": ""})
    old.close()
    assert SocketLink(path).outcome("monash", "olga") == {"new": ""}
    new.close()
    assert not path.exists()


def test_a_long_state_dir_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with ReleaseServer(folder / "dispatcher.sock", lambda *_: {"ess1": ""}):
        assert SocketLink(folder / "dispatcher.sock").release("monash", "olga")


def test_the_spool_keeps_every_record_and_survives_a_cut_line(tmp_path: Path) -> None:
    path = tmp_path / "spool.jsonl"
    assert JsonLinesSpool(path).records() == ()
    JsonLinesSpool(path).append({"what": "release", "why": "no store"})
    with path.open("a") as file:
        file.write('{"what": "rel')
    assert JsonLinesSpool(path).records() == ({"what": "release", "why": "no store"},)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_whether_a_dispatcher_listens_can_be_asked_without_a_release(tmp_path: Path) -> None:
    asked: list[str] = []
    link = SocketLink(tmp_path / "dispatcher.sock")
    assert not link.alive()
    with ReleaseServer(tmp_path / "dispatcher.sock", lambda project, _: asked.append(project) or {"ess1": ""}):
        assert link.alive()
        assert link.release("monash", "ada")
    assert asked == ["monash"] and not link.alive()
