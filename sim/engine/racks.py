"""Racks in rows: how much of the hot air behind them comes round to their inlets, and how warm those become.

Of the air that rack i blows out, the share A_ij reaches the inlet of rack j. With the flow K of a rack [W/K], held at
that of full heat, its inlet lies ((K - A^T K)^-1 - K^-1) P above the supply for the heat P of the racks: Tang, Gupta
and Varsamopoulos 2008, "Energy-efficient thermal-aware task scheduling for homogeneous high-performance computing data
centers".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.scenario.specs import Racks

Floats = NDArray[np.float64]


def rises_k_per_w(flow_w_per_k: Floats, shares: Floats) -> Floats:
    """f8[racks, racks]: kelvin at the inlet of rack i for each watt of rack j.

    `shares`[i, j] is the part of the air of rack i that reaches the inlet of rack j; each row sums to less than 1.
    """
    flow = np.diag(flow_w_per_k)
    return np.asarray(np.linalg.inv(flow - shares.T @ flow) - np.diag(1.0 / flow_w_per_k))


def row_shares(racks: Racks) -> Floats:
    """The shares of one row: to itself, to both neighbours, and more to itself round the ends of the row."""
    count = racks.racks_per_row
    shares = np.diag(np.full(count, racks.own_share))
    shares += racks.neighbour_share * (np.eye(count, k=1) + np.eye(count, k=-1))
    shares[0, 0] += racks.row_end_share
    shares[-1, -1] += racks.row_end_share if count > 1 else 0.0
    return shares


class Recirculation:
    """Inlets of the racks of one pool, as their heat of the last interval makes them."""

    def __init__(self, racks: Racks, nodes: int, node_w: float) -> None:
        """`node_w` is the heat of one node with everything at its most."""
        self._size, self._per_row, self._nodes = racks.nodes_per_rack, racks.racks_per_row, nodes
        self.racks = -(-nodes // self._size)
        flow = np.full(self._per_row, self._size * node_w / racks.rise_k)
        self._row = rises_k_per_w(flow, row_shares(racks))
        self.highest_rise_k = float(self.rises_k(np.full(nodes, node_w)).max())
        self._seconds = 0.0
        self._inlet_c_s = np.zeros(self.racks)
        self._hottest_c = np.full(self.racks, -np.inf)

    def rises_k(self, node_w: Floats) -> Floats:
        """Of each node's inlet above the supply, for the heat of each node."""
        rows = -(-self.racks // self._per_row)
        heat = np.zeros(rows * self._per_row * self._size)
        heat[: self._nodes] = node_w
        rises = heat.reshape(rows, self._per_row, self._size).sum(axis=2) @ self._row.T
        return np.repeat(rises.ravel(), self._size)[: self._nodes]

    def count(self, seconds: float, inlets_c: Floats, temperatures_c: Floats) -> None:
        """Takes an interval into the means and maxima."""
        self._seconds += seconds
        self._inlet_c_s += seconds * inlets_c[:: self._size]
        firsts = np.arange(0, self._nodes, self._size)
        self._hottest_c = np.maximum(self._hottest_c, np.maximum.reduceat(temperatures_c, firsts))

    def forget(self) -> None:
        """Means and maxima begin anew."""
        self._seconds = 0.0
        self._inlet_c_s[:] = 0.0
        self._hottest_c[:] = -np.inf

    @property
    def inlet_c(self) -> tuple[float, ...]:
        """Mean temperature at the inlet of each rack."""
        return tuple((self._inlet_c_s / self._seconds).tolist())

    @property
    def hottest_c(self) -> tuple[float, ...]:
        """Of the accelerators of each rack, the highest."""
        return tuple(self._hottest_c.tolist())
