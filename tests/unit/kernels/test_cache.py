"""Warming the kernels covers every module that has any."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sim import kernels
from sim.kernels import cache


def test_every_module_with_kernels_is_warmed() -> None:
    folder = Path(kernels.__path__[0])
    with_kernels = {
        f"sim.kernels.{file.stem}" for file in folder.glob("*.py") if "\n@compiled\n" in file.read_text("utf-8")
    }
    warmed = set(cache.warm())
    called_by_other_kernels_alone = {
        f"sim.kernels.{name}"
        for name in (
            *("admission", "segments", "serving_routers", "tournament"),
            *("gang_policies", "gang_queues", "gang_running"),
        )
    }
    assert with_kernels - called_by_other_kernels_alone == warmed
    assert all(hasattr(import_module(name), "warm_up") for name in warmed)
