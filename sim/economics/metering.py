"""What the meter says over the measured window: energy, its cost and carbon, water and peak, in total and by pool.

The building's energy is split over the pools in each meter interval by their IT power there: cooling and losses follow
the watts that cause them. Where nothing draws power the split is by the power that the pools are provisioned for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from sim.errors import InvariantError
from sim.record.ledger import Floats, Ledger, Meter
from sim.scenario.specs import Pool
from sim.units import G_PER_KG, J_PER_KWH, W_PER_KW

PEAK_S = 900.0  # the 15 minutes over which utilities average for a demand charge
PARTS = ("it", "cooling", "losses")
BATTERY = "battery"
CLOSURE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolBill:
    """One pool's share of what the meter counted."""

    kwh: Mapping[str, float]  # by part: it, cooling, losses
    energy_usd: Mapping[str, float]  # likewise, and battery: what is stored, less what is taken out of the store
    water_l: float
    carbon_kg: float  # scope 2

    @property
    def facility_kwh(self) -> float:
        """Energy at the meter for this pool."""
        return sum(self.kwh.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The site over the window."""

    window_s: float
    it_kwh: float
    cooling_kwh: float
    losses_kwh: float
    facility_kwh: float
    grid_kwh: float  # drawn from the grid
    water_l: float
    peak_kw: float  # of what is drawn from the grid
    carbon_kg: float  # scope 2, location based
    pools: Mapping[str, PoolBill]

    @property
    def pue(self) -> float | None:
        """Facility energy / IT energy; None without IT energy."""
        return self.facility_kwh / self.it_kwh if self.it_kwh > 0.0 else None

    @property
    def wue_l_per_kwh(self) -> float | None:
        """Litres of water per kWh of IT energy; None without IT energy."""
        return self.water_l / self.it_kwh if self.it_kwh > 0.0 else None


def metered(ledger: Ledger, pools: Mapping[str, Pool]) -> Metered:
    """Totals of the meter over the ledger's window.

    Raises InvariantError where facility energy is not IT + cooling + losses to 1e-9.
    """
    meter, (start_s, stop_s) = ledger.meter, ledger.window_s
    seconds = np.maximum(np.minimum(meter.stop_s, stop_s) - np.maximum(meter.start_s, start_s), 0.0)
    kwh = {part: power_w * seconds / J_PER_KWH for part, power_w in _parts(meter).items()}
    it, cooling, losses = (float(kwh[part].sum()) for part in PARTS)
    facility = float(meter.facility_w @ seconds) / J_PER_KWH
    if abs(facility - (it + cooling + losses)) > CLOSURE * max(abs(facility), CLOSURE):
        raise InvariantError(
            f"facility energy {facility!r} kWh is not IT {it!r} + cooling {cooling!r} + losses {losses!r}"
        )
    stored = (meter.grid_w - meter.facility_w) * seconds / J_PER_KWH
    shares = power_shares(meter, pools)
    litres = meter.water_l_per_s * seconds
    return Metered(
        window_s=stop_s - start_s,
        it_kwh=it,
        cooling_kwh=cooling,
        losses_kwh=losses,
        facility_kwh=facility,
        grid_kwh=facility + float(stored.sum()),
        water_l=float(litres.sum()),
        peak_kw=peak_kw(meter, start_s, stop_s),
        carbon_kg=float(sum(kwh.values(), stored) @ meter.carbon_g_per_kwh) / G_PER_KG,
        pools={name: _pool_bill(share, kwh, stored, litres, meter) for name, share in shares.items()},
    )


def _parts(meter: Meter) -> dict[str, Floats]:
    """The meter's power columns by part [W]."""
    return {"it": meter.it_w, "cooling": meter.cooling_w, "losses": meter.losses_w}


def power_shares(meter: Meter, pools: Mapping[str, Pool]) -> dict[str, Floats]:
    """Each pool's share of the IT power in each interval; the shares of an interval sum to 1."""
    powers = {name: meter.pool_it_w[name] for name in pools}
    total_w = np.sum(list(powers.values()), axis=0)
    rated_w = sum(pool.nodes * pool.node.rated_w for pool in pools.values())
    return {
        name: np.divide(
            power_w,
            total_w,
            out=np.full_like(total_w, pools[name].nodes * pools[name].node.rated_w / rated_w),
            where=total_w > 0.0,
        )
        for name, power_w in powers.items()
    }


def _pool_bill(share: Floats, kwh: Mapping[str, Floats], stored: Floats, litres: Floats, meter: Meter) -> PoolBill:
    """A pool's share of energy, money, water and carbon; `stored` [kWh] is what the battery's charge grew by."""
    own = {part: share * each for part, each in kwh.items()}
    paid = {**own, BATTERY: share * stored}
    return PoolBill(
        kwh={part: float(each.sum()) for part, each in own.items()},
        energy_usd={part: float(each @ meter.price_usd_per_kwh) for part, each in paid.items()},
        water_l=float(share @ litres),
        carbon_kg=float(sum(own.values(), paid[BATTERY]) @ meter.carbon_g_per_kwh) / G_PER_KG,
    )


def peak_kw(meter: Meter, start_s: float, stop_s: float) -> float:
    """Highest mean over any 15 minutes of the window, or over the whole window where it is shorter [kW]."""
    return highest_mean_kw(meter, ((start_s, stop_s),))


def highest_mean_kw(meter: Meter, spans_s: Iterable[tuple[float, float]]) -> float:
    """Highest mean over any 15 minutes inside one of the spans, or over a whole span that is shorter [kW].

    The meter is constant within its intervals, so the highest sliding mean begins or ends at an edge of one.
    """
    edges_s = np.append(meter.start_s, meter.stop_s[-1])
    energy_j = np.append(0.0, np.cumsum(meter.grid_w * (meter.stop_s - meter.start_s)))
    return max(_highest_mean_w(edges_s, energy_j, *span_s) for span_s in spans_s) / W_PER_KW


def _highest_mean_w(edges_s: Floats, energy_j: Floats, start_s: float, stop_s: float) -> float:
    """Highest sliding mean inside one span [W]; `energy_j` is the energy up to each edge."""
    span_s = min(PEAK_S, stop_s - start_s)
    inside_s = edges_s[slice(*np.searchsorted(edges_s, (start_s, stop_s)))]
    begins_s = np.clip(np.concatenate([(start_s, stop_s), inside_s, inside_s - span_s]), start_s, stop_s - span_s)
    joules = np.interp(begins_s + span_s, edges_s, energy_j) - np.interp(begins_s, edges_s, energy_j)
    return float(joules.max()) / span_s
