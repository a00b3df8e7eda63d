"""Where compiled kernels are kept: a private folder named after the content of all kernel sources.

Numba stamps a cached kernel with the file it stands in, so an edit of a kernel that it calls would leave stale machine
code in use; a folder per state of the sources cannot go stale. The cache holds pickles, which are code: the folder
must belong to this user and be closed to all others, or a folder that goes with the process is used instead.
Called once, by the package, before anything imports Numba.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def choose_folder() -> Path:
    """Points Numba at the folder of the kernels as they are now, made if need be; gives its path."""
    try:
        folder = private_folder(user_cache() / "dcsim", f"kernels-{source_digest(kernel_sources())}")
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="dcsim-kernels-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = str(folder)
    numba = sys.modules.get("numba")
    if numba is not None:  # it read the variable when it was imported
        numba.config.CACHE_DIR = str(folder)
    return folder


def user_cache() -> Path:
    """The user's cache folder as the XDG base directories name it."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"


def kernel_sources() -> list[Path]:
    """All source files of this package."""
    return sorted(Path(__file__).parent.glob("*.py"))


def source_digest(sources: Iterable[Path]) -> str:
    """Digest of the names and contents of source files, and of the compiler's version."""
    digest = hashlib.sha256(version("numba").encode())
    for source in sources:
        content = source.read_bytes()
        digest.update(f"\0{source.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def private_folder(parent: Path, name: str) -> Path:
    """The folder `name` inside `parent`, made where it is missing.

    OSError unless it is this user's alone and nobody else can put another in its place.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_own(parent, forbidden=0o022)
    folder = parent / name
    folder.mkdir(mode=0o700, exist_ok=True)
    require_own(folder, forbidden=0o077)
    return folder


def require_own(folder: Path, forbidden: int) -> None:
    """OSError unless `folder` is a real folder of this user with none of the `forbidden` permission bits."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(folder)
    if os.name == "posix" and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & forbidden):
        raise PermissionError(f"{folder} belongs to others or is open to them")
