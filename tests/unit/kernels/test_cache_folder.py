"""The folder of compiled kernels is private and follows the sources."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sim.kernels import cache_folder


def test_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    folder = cache_folder.private_folder(tmp_path / "dcsim", "kernels-x")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert cache_folder.private_folder(tmp_path / "dcsim", "kernels-x") == folder


def test_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kernels-x").mkdir()
    (tmp_path / "kernels-x").chmod(0o755)
    with pytest.raises(PermissionError):
        cache_folder.private_folder(tmp_path, "kernels-x")


def test_folder_that_others_could_replace_is_refused(tmp_path: Path) -> None:
    parent = tmp_path / "dcsim"
    parent.mkdir()
    parent.chmod(0o777)
    with pytest.raises(PermissionError):
        cache_folder.private_folder(parent, "kernels-x")


def test_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "kernels-x").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotADirectoryError):
        cache_folder.private_folder(tmp_path, "kernels-x")


def test_digest_follows_name_and_content_of_every_source(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("x = 1")
    second.write_text("y = 1")
    before = cache_folder.source_digest([first, second])
    assert cache_folder.source_digest([first, second]) == before
    second.write_text("y = 2")
    assert cache_folder.source_digest([first, second]) != before


def environment(cache_home: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(cache_home)}


def folder_of_a_new_process(cache_home: Path) -> Path:
    code = "import sim.kernels, os, sys; print(os.environ['NUMBA_CACHE_DIR'], 'numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(cache_home)
    )
    folder, loaded = done.stdout.split()
    assert loaded == "False"
    return Path(folder)


def test_package_points_the_compiler_at_the_users_cache(tmp_path: Path) -> None:
    folder = folder_of_a_new_process(tmp_path)
    assert folder.parent == tmp_path / "dcsim"
    assert folder.is_dir()


def test_without_a_private_cache_a_folder_goes_with_the_process(tmp_path: Path) -> None:
    (tmp_path / "dcsim").write_text("in the way")
    folder = folder_of_a_new_process(tmp_path)
    assert tmp_path not in folder.parents
    assert not folder.exists()
