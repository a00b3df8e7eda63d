"""A battery beside the meter."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.document import Strict, fault
from sim.scenario.schema.fields import NonNegative, Positive

Efficiency = Annotated[float, Field(gt=0, le=1)]


class Battery(Strict):
    """Stores energy between the meter and the building; each absent figure is the technique's."""

    kwh: NonNegative = Field(description="Capacity [kWh]; 0 is none.")
    kw: Positive | None = Field(
        default=None, description="Power into it and out of it, at the building [kW]. Default: half of kwh in an hour."
    )
    dispatch: Literal["price", "carbon", "peak"] = Field(
        default="price",
        description="When it works. price, carbon: it charges in the lowest hours of each local day and discharges in "
        "the highest, which are known at midnight; peak: it holds the power at the meter at target_kw.",
    )
    target_kw: Positive | None = Field(
        default=None,
        description="Power at the meter that discharging starts from (peak) and charging does not exceed [kW]. "
        "Default, where dispatch is not peak: the site's power limit.",
    )
    charge_efficiency: Efficiency | None = Field(default=None, description="Stored / taken. Default: .95.")
    discharge_efficiency: Efficiency | None = Field(default=None, description="Given / taken out. Default: .95.")
    depth: Efficiency | None = Field(default=None, description="Share of the capacity that is used. Default: .9.")
    cycles: Positive | None = Field(default=None, description="Full cycles until it is worn out. Default: 7000.")
    life_y: Positive | None = Field(default=None, description="Life by the calendar [years]. Default: 15.")
    usd_per_kwh: NonNegative | None = Field(
        default=None, description="Capital per kWh of capacity, inverter included [USD/kWh]. Default: 300."
    )

    @model_validator(mode="after")
    def _peak_has_a_target(self) -> Self:
        if self.dispatch == "peak" and self.target_kw is None:
            raise fault("dispatch peak needs target_kw, the power at the meter that it holds", key="dispatch")
        return self
