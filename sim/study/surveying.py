"""A plant without a run: a year of weather at constant IT load, as `dcsim facility` tells it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.catalog import Catalogue
from sim.catalog.entries import NodeType
from sim.errors import Problem, SeriesError, UsageError
from sim.facility import Facility, Survey, build_plant, survey, weather_year
from sim.scenario.specs import PlantSpec, WeatherSource
from sim.units import J_PER_KWH, W_PER_KW

SCHEMA = "dcsim.facility/1"
TYPICAL_NODE = "hgx-h100-8"  # whose fans and supplies stand for those of the racks in TUE


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityYear:
    """A surveyed plant. `itue` is node input over what reaches chips and boards, at the node's full power."""

    plant: str
    weather: str
    node: str
    design_it_kw: float
    load: float
    supply_c: float
    itue: float
    year: Survey
    warnings: tuple[str, ...]

    @property
    def pue(self) -> float:
        """Energy at the meter over that of IT."""
        return self.year.facility_j / self.year.it_j

    @property
    def wue_l_per_kwh(self) -> float:
        """Water over energy of IT [L/kWh]."""
        return self.year.water_l / self.year.it_j * J_PER_KWH

    def monthly(self) -> list[Mapping[str, float]]:
        """PUE and water of the twelve months."""
        year = self.year
        pues = year.monthly_facility_j / year.monthly_it_j
        waters = year.monthly_water_l / year.monthly_it_j * J_PER_KWH
        return [{"pue": float(pue), "wue_l_per_kwh": float(water)} for pue, water in zip(pues, waters, strict=True)]

    def to_json(self) -> Mapping[str, object]:
        """The `dcsim.facility/1` object."""
        year = self.year
        return {
            "schema": SCHEMA,
            "plant": self.plant,
            "weather": self.weather,
            "node": self.node,
            "design_it_kw": self.design_it_kw,
            "load": self.load,
            "supply_c": self.supply_c,
            "pue": self.pue,
            "tue": self.pue * self.itue,
            "itue": self.itue,
            "wue_l_per_kwh": self.wue_l_per_kwh,
            "water_l": year.water_l,
            "energy_kwh": {
                "facility": year.facility_j / J_PER_KWH,
                "it": year.it_j / J_PER_KWH,
                "cooling": year.cooling_j / J_PER_KWH,
                "losses": year.losses_j / J_PER_KWH,
            },
            "hours": {
                "free_cooling": year.hours and year.hours.free,
                "partial": year.hours and year.hours.partial,
                "mechanical": year.hours and year.hours.mechanical,
            },
            "monthly": self.monthly(),
            "warmest_supply_c": year.warmest_supply_c,
            "warnings": list(self.warnings),
        }


def survey_facility(
    *,
    plant: str,
    weather: str,
    it_kw: float,
    load: float = 0.75,
    supply_c: float | None = None,
    node: str = TYPICAL_NODE,
    catalogue: Path | None = None,
) -> FacilityYear:
    """A plant made for `it_kw` over a year of weather (a preset's name, or a file) at a constant share of its load.

    Raises UsageError, CatalogueError, ScenarioError or SeriesError.
    """
    if not (it_kw > 0.0 and 0.0 < load <= 1.0):
        raise UsageError(f"the IT power ({it_kw:g} kW) must be positive, the load ({load:g}) in 0..1 and not 0")
    entries = Catalogue.built_in().with_file(catalogue) if catalogue else Catalogue.built_in()
    spec = PlantSpec(type=entries.plant(plant), overrides={} if supply_c is None else {"supply_c": supply_c})
    rack = entries.node(node)
    year = weather_year(_source(weather))
    built = build_plant(spec, it_kw * W_PER_KW, year)
    found = survey(built, year, load * it_kw * W_PER_KW)
    return FacilityYear(
        plant=plant,
        weather=weather,
        node=node,
        design_it_kw=it_kw,
        load=load,
        supply_c=built.supply_c,
        itue=_itue(rack, built),
        year=found,
        warnings=(*year.warnings, *built.warnings, *_remarks(built, found)),
    )


def _source(weather: str) -> WeatherSource:
    """A file where there is one of that name, otherwise a preset."""
    path = Path(weather)
    if path.is_file():
        return WeatherSource(file=path)
    if path.suffix or os.sep in weather:
        raise SeriesError(Problem("no such weather file", file=weather))
    return WeatherSource(preset=weather)


def _itue(node: NodeType, plant: Facility) -> float:
    """Node input over what reaches chips and boards: without fans and power supplies, at full power."""
    boards_w = node.accelerators * node.accelerator.tdp_w + node.cpu_max_w + node.other_w
    output_w = boards_w + node.fan_max_w * plant.fan_share
    loads = sorted(node.psu)
    efficiency = float(np.interp(output_w / node.rated_w, loads, [node.psu[load] for load in loads]))
    return output_w / (1.0 if plant.direct_current else efficiency) / boards_w


def _remarks(plant: Facility, found: Survey) -> list[str]:
    remarks = []
    if plant.stated_pue is not None:
        remarks.append(f"the PUE of {plant.stated_pue:g} is an input of this plant, not a result")
    if found.clamped_hours:
        remarks.append(f"{found.clamped_hours} answers lay beyond the range of the tower correlation; its edge is used")
    if found.warm_hours:
        warmest = f"up to {found.warmest_supply_c:.1f} degC"
        remarks.append(f"in {found.warm_hours} hours the plant supplies more than {plant.supply_c:g} degC, {warmest}")
    return remarks
