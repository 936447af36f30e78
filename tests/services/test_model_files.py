"""Trained models on disk: durable, private, and worth nothing unless they are what we wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from dash_app.domain.errors import StoreUnavailable
from services.model_files import SignedModelFiles

KEY = "k" * 40


@pytest.fixture
def files(tmp_path: Path) -> SignedModelFiles:
    return SignedModelFiles(tmp_path / "models", secret_key=KEY)


def only_file(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "models").iterdir()
    return path


def test_what_was_kept_comes_back_and_is_replaced_by_what_is_kept_next(files: SignedModelFiles) -> None:
    assert files.load("one") is None
    files.keep("one", b"first")
    assert files.load("one") == b"first"
    before = files.mark("one")
    files.keep("one", b"second")
    assert files.load("one") == b"second"
    assert before not in ("", files.mark("one"))
    assert files.mark("two") == ""


def test_the_folder_and_its_files_are_for_this_user_only(files: SignedModelFiles, tmp_path: Path) -> None:
    files.keep("one", b"body")
    assert (tmp_path / "models").stat().st_mode & 0o777 == 0o700
    assert only_file(tmp_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [0, 10, 33])
def test_a_file_that_was_cut_short_is_taken_for_absent(files: SignedModelFiles, tmp_path: Path, cut: int) -> None:
    files.keep("one", b"body")
    path = only_file(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    assert files.load("one") is None


def test_a_changed_byte_is_found_out(files: SignedModelFiles, tmp_path: Path) -> None:
    files.keep("one", b"body")
    path = only_file(tmp_path)
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(bytes(whole))
    assert files.load("one") is None


def test_a_file_of_another_model_or_another_installation_is_not_taken(files: SignedModelFiles, tmp_path: Path) -> None:
    files.keep("one", b"body")
    one = only_file(tmp_path)
    files.keep("two", b"other")
    (two,) = set((tmp_path / "models").iterdir()) - {one}
    two.write_bytes(one.read_bytes())
    assert files.load("two") is None
    assert SignedModelFiles(tmp_path / "models", secret_key="another" * 6).load("one") is None


def test_a_link_to_somewhere_else_is_not_followed(files: SignedModelFiles, tmp_path: Path) -> None:
    files.keep("one", b"body")
    path = only_file(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert files.load("one") is None


def test_a_name_from_outside_never_leaves_the_folder(files: SignedModelFiles, tmp_path: Path) -> None:
    files.keep("../../etc/passwd", b"body")
    assert only_file(tmp_path).parent == tmp_path / "models"
    assert files.load("../../etc/passwd") == b"body"


def test_what_is_not_named_is_dropped(files: SignedModelFiles, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        files.keep(name, b"body")
    (tmp_path / "models" / "left.123.draft").write_bytes(b"half")
    assert files.drop_others(["two"]) == 3
    assert (files.load("one"), files.load("two")) == (None, b"body")
    assert files.drop_others(["two"]) == 0


def test_a_disk_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="the trained model cannot be kept"):
        SignedModelFiles(tmp_path / "models", secret_key=KEY).keep("one", b"body")
