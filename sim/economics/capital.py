"""Capital as a yearly cost, and what one hour of one accelerator of a pool costs all-in."""

from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.specs import Economics, Pool
from sim.units import H_PER_YEAR, W_PER_KW

RENT_INCLUDES_FACILITY = "facility"


def capital_recovery_factor(rate: float, life_y: float) -> float:
    """Yearly payment per USD of capital that repays it with interest over its life.

    rate (1 + rate)^life / ((1 + rate)^life - 1); 1 / life without interest. E.g. 8 %, 5 years: 0.25046.
    """
    if rate == 0.0:
        return 1.0 / life_y
    growth: float = (1.0 + rate) ** life_y
    return rate * growth / (growth - 1.0)


def yearly_capital_usd(capital_usd: float, rate: float, life_y: float, resale_share: float = 0.0) -> float:
    """Yearly cost of capital, less what a resale at the end of its life gives back (discounted to today)."""
    resale_today: float = resale_share / (1.0 + rate) ** life_y
    return capital_usd * (1.0 - resale_today) * capital_recovery_factor(rate, life_y)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyPrice:
    """USD per accelerator-hour of a pool by component; energy and water are not in it, they are metered."""

    rent: float = 0.0
    capital: float = 0.0
    maintenance: float = 0.0
    facility: float = 0.0

    @property
    def all_in(self) -> float:
        """USD per accelerator-hour, all components."""
        return self.rent + self.capital + self.maintenance + self.facility


def hourly_price(pool: Pool, economics: Economics) -> HourlyPrice:
    """Price of an accelerator-hour of the pool.

    own: capital of the node, maintenance, facility capital. sunk: maintenance alone, the rest is spent. rent, reserved:
    the rent, and facility capital unless the rent includes it.
    """
    acquire, node = pool.acquire, pool.node
    per_accelerator_h = 1.0 / (node.accelerators * H_PER_YEAR)
    facility = facility_usd_per_y(node.rated_w, economics) * per_accelerator_h
    if acquire.kind in ("rent", "reserved"):
        included = RENT_INCLUDES_FACILITY in acquire.includes
        return HourlyPrice(rent=acquire.usd_per_accelerator_h, facility=0.0 if included else facility)
    capex_usd = acquire.capex_usd_per_node or node.capex_usd or 0.0
    maintenance = node.maintenance_share_per_y * capex_usd * per_accelerator_h
    if acquire.kind == "sunk":
        return HourlyPrice(maintenance=maintenance)
    yearly_usd = yearly_capital_usd(
        acquire.capex_usd_per_node, economics.discount_rate, acquire.life_y, acquire.resale_share
    )
    return HourlyPrice(capital=yearly_usd * per_accelerator_h, maintenance=maintenance, facility=facility)


def facility_usd_per_y(it_w: float, economics: Economics) -> float:
    """Yearly capital of the building and its equipment for a provisioned IT power.

    `facility_usd_per_kw` is, as the industry quotes it, per kW of IT power that the hall is built for (the rating of
    the nodes' power supplies); the plant and the electrical chain that this takes are in the figure.
    """
    capital_usd = it_w / W_PER_KW * economics.facility_usd_per_kw
    return yearly_capital_usd(capital_usd, economics.discount_rate, economics.facility_life_y)
