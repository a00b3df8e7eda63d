"""Steps of the heat of nodes per second, beside the same loop in C compiled with -O3 where a compiler exists.

    PYTHONPATH=tests python benchmarks/thermal.py [--nodes 10000] [--steps 300] [--leakage] [--fans]

A year of one-minute steps is 525,600. Both loops run in turn, the quicker of several goes each; quote the ratio:
seconds mean nothing on a shared machine.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from made import CATALOGUE
from sim.catalog.entries import FanCurve, Leakage
from sim.engine.nodes import fan_table, node_figures
from sim.kernels import nodes as at

Floats = NDArray[np.float64]
STEP_S = 60.0
STEPS_A_YEAR = 525_600
GOES = 5
LEAKAGE = Leakage(w_at_60c=84.0, per_k=0.012, inlet_c=25.0)
CURVE = FanCurve(slow_c=45.0, full_c=75.0, flow_share=0.4)

C_LOOP = r"""
#include <math.h>
static double interpolated(const double *xs, const double *ys, long points, double x) {
    if (x <= xs[0]) return ys[0];
    for (long i = 1; i < points; i++)
        if (x <= xs[i]) return ys[i-1] + (x - xs[i-1]) / (xs[i] - xs[i-1]) * (ys[i] - ys[i-1]);
    return ys[points - 1];
}
static double leakage_w(const double *f, double t) {
    return f[10] * exp(f[11] * ((t < f[14] ? t : f[14]) - 60.0));
}
static double fan_setting(const double *fan_c, const double *fan_r, long rows, double coolant, double w) {
    long low = 0, high = rows - 1;
    if (fan_c[low] >= coolant + fan_r[low] * w) return low;
    if (fan_c[high] <= coolant + fan_r[high] * w) return high;
    while (high - low > 1) {
        long middle = (low + high) / 2;
        if (fan_c[middle] > coolant + fan_r[middle] * w) high = middle; else low = middle;
    }
    double below = coolant + fan_r[low] * w - fan_c[low], above = fan_c[high] - coolant - fan_r[high] * w;
    return low + below / (below + above);
}
void settle(double seconds, const double *coolant, const double *joules, const double *busy, const double *present,
            const double *f, const double *fan_c, const double *fan_r, long rows, const double *load,
            const double *efficiency, long points, double *state, long nodes, long steps) {
    for (long step = 0; step < steps; step++) {
        double count = f[0], resistance = f[8], slowest = f[5], decay = exp(-seconds / (resistance * f[9]));
        for (long n = 0; n < nodes; n++) {
            double *s = state + 5 * n, measured = joules[n] / seconds, leakage = 0.0;
            if (rows > 0) {
                double setting = fan_setting(fan_c, fan_r, rows, coolant[n], (measured + s[3]) / count);
                long row = (long)setting < rows - 2 ? (long)setting : rows - 2;
                resistance = fan_r[row] + (fan_r[row+1] - fan_r[row]) * (setting - row);
                s[4] = slowest + (1.0 - slowest) * setting / (rows - 1);
                decay = exp(-seconds / (resistance * f[9]));
            }
            if (f[10] > 0.0) {
                double held = resistance * f[9] * (1.0 - decay) / seconds;
                double known = leakage_w(f, f[12] + f[13] * measured / count);
                for (int i = 0; i < 4; i++) {
                    double towards = coolant[n] + resistance * (measured + leakage) / count;
                    double mean = towards + (s[0] - towards) * held;
                    leakage = count * present[n] * (leakage_w(f, mean) - known);
                }
            }
            double w = measured + leakage, settled = coolant[n] + resistance * w / count;
            s[0] = settled + (s[0] - settled) * decay;
            double cpu = f[1] + (f[2] - f[1]) * busy[n], around = (cpu + f[3]) * present[n];
            if (rows == 0) { double v = (w + around) / f[6]; v = v > slowest ? v : slowest; s[4] = v < 1.0 ? v : 1.0; }
            double output = w + around + f[4] * s[4] * s[4] * s[4] * present[n];
            s[3] = leakage; s[2] = w; s[1] = output / interpolated(load, efficiency, points, output / f[7]);
        }
    }
}
"""


def pointer(array: Floats) -> ctypes.c_void_p:
    """The address of an array's first value."""
    return ctypes.c_void_p(array.ctypes.data)


class Loop:
    """The same nodes for the kernel and for the loop in C."""

    def __init__(self, nodes: int, leakage: Leakage | None, curve: FanCurve | None) -> None:
        plain = CATALOGUE.node("hgx-h100-8")
        made = replace(plain, fan_curve=curve, accelerator=replace(plain.accelerator, leakage=leakage))
        thermal, draws = made.accelerator.thermal_air, np.random.default_rng(1)
        self.coolant_c = 24.0 + draws.random(nodes)
        self.joules = 8 * STEP_S * (75.0 + 600.0 * draws.random(nodes))
        self.busy, self.present = draws.random(nodes), np.ones(nodes)
        self.figures, (self.fan_c, self.fan_k_per_w) = node_figures(made, thermal, 1.0), fan_table(made, thermal, False)
        self.load = np.array(sorted(made.psu), dtype=np.float64)
        self.efficiency = np.array([made.psu[load] for load in sorted(made.psu)])

    def start(self) -> Floats:
        """All nodes at the temperature of their coolant."""
        state = np.zeros((len(self.joules), at.STATE))
        state[:, at.TEMPERATURE_C] = self.coolant_c
        return state

    def by_kernel(self, state: Floats, steps: int) -> None:
        """So many steps, as the engine calls them."""
        for _ in range(steps):
            at.settle(
                STEP_S, self.coolant_c, self.joules, self.busy, self.present, self.figures, self.fan_c,
                self.fan_k_per_w, self.load, self.efficiency, state,
            )  # fmt: skip

    def by_c(self, library: ctypes.CDLL, state: Floats, steps: int) -> None:
        """The same steps in one call."""
        library.settle(
            ctypes.c_double(STEP_S), *map(pointer, (self.coolant_c, self.joules, self.busy, self.present)),
            *map(pointer, (self.figures, self.fan_c, self.fan_k_per_w)), ctypes.c_long(len(self.fan_c)),
            pointer(self.load), pointer(self.efficiency), ctypes.c_long(len(self.load)), pointer(state),
            ctypes.c_long(len(state)), ctypes.c_long(steps),
        )  # fmt: skip


def c_library(folder: Path) -> ctypes.CDLL | None:
    """The loop in C, compiled now; None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    source, library = folder / "loop.c", folder / "loop.so"
    source.write_text(C_LOOP)
    subprocess.run([compiler, "-O3", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
    return ctypes.CDLL(str(library))


def quickest_s(work: Callable[[], None]) -> float:
    """CPU seconds of the quickest of several goes."""
    taken = []
    for _ in range(GOES):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def main() -> None:
    """Prints both paces and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--leakage", action="store_true", help="power follows temperature")
    parser.add_argument("--fans", action="store_true", help="fans follow temperature")
    asked = parser.parse_args()
    loop = Loop(asked.nodes, LEAKAGE if asked.leakage else None, CURVE if asked.fans else None)
    ours = loop.start()
    loop.by_kernel(ours, 1)
    kernel_s = quickest_s(lambda: loop.by_kernel(ours, asked.steps))
    year = STEPS_A_YEAR / asked.steps
    print(
        f"kernel  {1e9 * kernel_s / asked.steps / asked.nodes:6.2f} ns a node and step, {year * kernel_s:7.1f} s a year"
    )
    with tempfile.TemporaryDirectory() as folder:
        library = c_library(Path(folder))
        if library is None:
            print("C       no compiler here")
            return
        theirs = loop.start()
        loop.by_c(library, theirs, 1)
        c_s = quickest_s(lambda: loop.by_c(library, theirs, asked.steps))
        apart_k = float(np.abs(ours - theirs)[:, at.TEMPERATURE_C].max())
    print(f"C -O3   {1e9 * c_s / asked.steps / asked.nodes:6.2f} ns a node and step, {year * c_s:7.1f} s a year")
    print(f"ratio   {kernel_s / c_s:6.2f}; temperatures apart by at most {apart_k:.1e} K")


if __name__ == "__main__":
    main()
