"""Where the fleet stands: weather, tariff, carbon, water, plant; and the prices of capital, space and work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, model_validator

from sim.catalog.reader import DATA
from sim.document import fault
from sim.document.wording import hint, shown
from sim.scenario.schema.fields import NonNegative, PathText, Positive, Share
from sim.scenario.schema.forms import Form, OneForm, Short
from sim.scenario.schema.grid import Carbon, Tariff
from sim.scenario.schema.names import Named, Names, Plant
from sim.scenario.schema.storage import Battery

PRESETS = DATA / "weather"  # one file for each preset


def _preset(name: str) -> str:
    known = sorted(path.stem for path in PRESETS.glob("*.yaml"))
    if name not in known:
        raise fault(f"no weather preset {shown(name)}{hint(name, known)}")
    return name


class Weather(OneForm):
    """Outdoor air: constant, a preset, or a file of hours."""

    forms: ClassVar[Mapping[str, Form]] = {
        "dry_bulb_c": Form(needs=("relative_humidity",)),
        "preset": Form(),
        "file": Form(may=("format",)),
    }
    dry_bulb_c: Annotated[float, Field(ge=-60, le=60)] | None = Field(
        default=None, description="Constant dry-bulb temperature [degC]."
    )
    relative_humidity: Share | None = Field(default=None, description="Constant relative humidity, 0..1.")
    preset: Annotated[Named, AfterValidator(_preset)] | None = Field(
        default=None, description="Name of a built-in weather."
    )
    file: PathText | None = Field(
        default=None, description="Weather file of a year; .gz is read as it is. Relative to the file that names it."
    )
    format: Literal["epw", "tmy2", "tmy3", "open-meteo"] | None = Field(
        default=None, description="Format of the file; told from its content where absent."
    )


class PlantChoice(Short):
    """A cooling plant of the catalogue, and figures of it that differ here."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float] = Field(init=False)
    short_types: ClassVar[tuple[str, ...]] = ("string",)

    preset: Plant = Field(description="Name of a plant in the catalogue (dcsim catalog list plants).")

    @classmethod
    def expanded(cls, value: object) -> object:
        """A plain text is the name."""
        return {"preset": value} if isinstance(value, str) else value

    @property
    def overrides(self) -> Mapping[str, float]:
        """Figures of the plant that the scenario sets."""
        return self.__pydantic_extra__

    @model_validator(mode="after")
    def _figures_exist(self, info: ValidationInfo) -> Self:
        if not isinstance(info.context, Names) or not self.overrides:
            return self
        figures = info.context.catalogue.plant(self.preset).figures
        for name, value in self.overrides.items():
            if name not in figures:
                raise fault(f"plant '{self.preset}' has no figure {shown(name)}{hint(name, figures)}", key=name)
            _check_figure(name, value)
        return self


def _check_figure(name: str, value: float) -> None:
    """Limits that hold for every plant; each plant knows narrower ones of its own."""
    if name == "pue" and value < 1.0:
        raise fault(f"pue must be at least 1, for it counts the IT power itself; got {value:g}", key=name)
    if name.endswith("_share") and not 0.0 <= value <= 1.0:
        raise fault(f"{name} must lie in 0..1; got {value:g}", key=name)


class Site(Short):
    """Where the fleet stands."""

    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] | None = Field(
        default=None,
        description="Local standard time, for daily profiles [h east of UTC]. Default: the offset of start.",
    )
    elevation_m: Annotated[float, Field(ge=-430, le=6000)] | None = Field(
        default=None, description="Height above the sea [m]. Default: the weather file's."
    )
    weather: Weather = Field(
        default_factory=lambda: Weather(dry_bulb_c=20.0, relative_humidity=0.5),
        description="Outdoor air. Default, assumed: 20 degC at 50 % humidity all the time.",
    )
    tariff: Tariff = Field(
        default_factory=lambda: Tariff(energy_usd_per_kwh=0.08),
        description="What electricity costs. Default, assumed: 0.08 USD/kWh, near the mean of US industry in 2023.",
    )
    carbon: Carbon = Field(
        default_factory=lambda: Carbon(g_per_kwh=380.0),
        description="Carbon intensity of the grid. Default, assumed: 380 g/kWh, near the mean of the US in 2022.",
    )
    water_usd_per_m3: NonNegative = Field(
        default=3.0, description="Price of water [USD/m3]. Default, assumed: 3, of a usual range of 2 to 6."
    )
    power_limit_kw: Positive | None = Field(
        default=None,
        description="What the site may draw [kW]; a run that exceeds it is not feasible. Default: no limit.",
    )
    plant: PlantChoice = Field(
        default_factory=lambda: PlantChoice(preset="chilled-water"),
        description="Cooling plant: a name, or {preset: NAME, figure: value, ..}. Default, assumed: chilled-water.",
    )
    battery: Battery | None = Field(
        default=None, description="Stores energy beside the meter in every mix; its capital is C_efficiency."
    )


class Economics(Short):
    """Prices of capital, space and work."""

    discount_rate: Share = Field(
        default=0.08, description="Cost of capital per year, 0..1. Default, assumed: 0.08, a usual cost of capital."
    )
    facility_usd_per_kw: NonNegative = Field(
        default=12_000.0,
        description="Capital of the building per kW of provisioned IT power [USD/kW]. Default, assumed: 12,000.",
    )
    facility_life_y: Positive = Field(default=15.0, description="Life of the building [years]. Default, assumed: 15.")
    measure_life_y: Positive = Field(
        default=3.0, description="Life of what measures cost once [years]. Default, assumed: 3."
    )
    engineer_usd_per_h: NonNegative = Field(
        default=120.0, description="An engineer's hour, all in [USD/h]. Default, assumed: 120."
    )
    staff_usd_per_y: NonNegative = Field(
        default=0.0, description="Staff of the site [USD per year]. Default: none, so that it is not counted unasked."
    )
