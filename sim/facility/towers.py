"""Open cooling towers in many cells, by the YorkCalc approach correlation.

Approach (leaving water over wet bulb) = sum c[k, r, w] (L/G)**k * range**r * T_wb**w, k, r, w = 0..2 (EnergyPlus
Engineering Reference, variable-speed tower, YorkCalc). Cells run in proportion to the heat, so that each keeps its
water flow; fans slow down when the air is cold enough. Inputs outside the correlation use its edge and are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import water
from sim.facility.coolers import Duty, Sink
from sim.facility.lanes import AirLike, Number, chosen, count, larger, smaller, square_root, within
from sim.units import W_PER_KW

LIMITS: Mapping[str, tuple[float, float]] = {
    "tower_range_k": (2.0, 20.0),
    "tower_fan_w_per_kw": (0.0, 100.0),
    "tower_fan_floor": (0.2, 1.0),
    "tower_cells_floor": (0.05, 1.0),
    "tower_pump_w_per_kw": (0.0, 100.0),
    **water.LIMITS,
}

WET_BULB_C = (-34.4, 26.7)
RANGE_K = (1.1, 22.2)
APPROACH_K = (1.1, 40.0)
FULL_FAN_RATIO = 1.0  # L/G at full fan speed, of the design flow ratio

# rows: (L/G)**0, **1, **2; in a row range**0, **1, **2; innermost wet bulb**0, **1, **2
YORKCALC = (
    (
        (-0.359741205, -0.055053608, 0.0023850432),
        (0.173926877, -0.0248473764, 0.00048430224),
        (-0.005589849456, 0.0005770079712, -0.00001342427256),
    ),
    (
        (2.84765801111111, -0.121765149, 0.0014599242),
        (1.680428651, -0.0166920786, -0.0007190532),
        (-0.025485194448, 0.0000487491696, 0.00002719234152),
    ),
    (
        (-0.0653766255555556, -0.002278167, 0.0002500254),
        (-0.0910565458, 0.00318176316, 0.000038621772),
        (-0.0034285382352, 0.00000856589904, -0.000001516821552),
    ),
)


def approach_terms(range_k: Number, wet_bulb_c: Number) -> tuple[Number, Number, Number]:
    """Coefficients of the approach [K] as a quadratic in L/G."""
    terms = []
    for by_range in YORKCALC:
        (a, b, c), (d, e, f), (g, h, i) = by_range
        flat = a + wet_bulb_c * (b + wet_bulb_c * c)
        linear = d + wet_bulb_c * (e + wet_bulb_c * f)
        square = g + wet_bulb_c * (h + wet_bulb_c * i)
        terms.append(flat + range_k * (linear + range_k * square))
    return terms[0], terms[1], terms[2]


def ratio_for(approach_k: Number, terms: tuple[Number, Number, Number], most: float) -> Number:
    """Largest L/G in [1, most], that is the slowest fan, whose approach is not above the one wanted; 1 if none is."""
    flat, linear, square = terms
    missing = approach_k - flat
    full_speed = missing <= linear + square
    root = linear * linear + 4.0 * square * missing
    turning = root <= 0.0  # the curve turns below the wanted approach
    divisor = chosen(full_speed | turning, 1.0 + 0.0 * root, linear + square_root(larger(root, 0.0)))
    ratio = chosen(turning, most + 0.0 * root, smaller(2.0 * missing / divisor, most))
    return chosen(full_speed, FULL_FAN_RATIO + 0.0 * root, ratio)


@dataclass(slots=True, kw_only=True)
class Tower:
    """A tower sized for a heat at full fan speed; a plate exchanger keeps its water apart from the loop's."""

    rejection_w: float
    range_k: float
    exchanger_k: float
    fan_w: float
    fan_floor: float
    cells_floor: float
    pump_w: float
    make_up: water.MakeUp
    clamped: int = 0

    @classmethod
    def sized(cls, figures: Mapping[str, float], rejection_w: float, exchanger_k: float) -> Tower:
        """A tower for a design heat [W], that of the compressor included."""
        return cls(
            rejection_w=rejection_w,
            range_k=figures["tower_range_k"],
            exchanger_k=exchanger_k,
            fan_w=figures["tower_fan_w_per_kw"] / W_PER_KW * rejection_w,
            fan_floor=figures["tower_fan_floor"],
            cells_floor=figures["tower_cells_floor"],
            pump_w=figures["tower_pump_w_per_kw"] / W_PER_KW * rejection_w,
            make_up=water.MakeUp(figures["concentration_cycles"], figures["drift_share"]),
        )

    def design_leaving_c(self, wet_bulb_c: float) -> float:
        """Leaving water at full load and full fan speed [degC]."""
        terms = approach_terms(within(self.range_k, *RANGE_K), within(wet_bulb_c, *WET_BULB_C))
        return wet_bulb_c + within(sum(terms), *APPROACH_K)

    def settle(self, duty: Duty[Number], air: AirLike[Number]) -> Sink[Number]:
        """Fans at the speed that gives the loop its supply temperature through the exchanger, or at full speed."""
        cells = within(duty.share, self.cells_floor, 1.0)
        range_k, wet_bulb_c = self.range_k * duty.share / cells, air.wet_bulb_c
        range_in, wet_bulb_in = within(range_k, *RANGE_K), within(wet_bulb_c, *WET_BULB_C)
        terms = approach_terms(range_in, wet_bulb_in)
        exchanger_k = self.exchanger_k * larger(duty.share, 1.0)
        ratio = ratio_for(duty.supply_c - exchanger_k - wet_bulb_c, terms, FULL_FAN_RATIO / self.fan_floor)
        free_k = terms[0] + ratio * (terms[1] + ratio * terms[2])
        approach_k = within(free_k, *APPROACH_K)
        self.clamped += count((range_in != range_k) | (wet_bulb_in != wet_bulb_c) | (approach_k != free_k))
        leaving_c = wet_bulb_c + approach_k
        return Sink(
            temperature_c=leaving_c + exchanger_k,
            conductance_w_per_k=duty.flow_w_per_k,
            condenser_c=leaving_c,
            fan_w=self.fan_w * cells * (FULL_FAN_RATIO / ratio) ** 3,
            pump_w=self.pump_w * cells,
            spray_w_per_k=self.rejection_w / self.range_k * cells,
            may_rest=False,
        )

    def water_l_per_s(self, rejected_w: Number, sink: Sink[Number], air: AirLike[Number]) -> Number:
        """Evaporation, blow-down and drift; the air leaves saturated at the mean temperature of the water."""
        exit_c = sink.condenser_c + 0.5 * rejected_w / sink.spray_w_per_k
        evaporated = rejected_w * water.evaporated_kg_per_j(air, exit_c)
        return self.make_up.l_per_s(evaporated, sink.spray_w_per_k / water.WATER_J_PER_KG_K)
