"""`dcsim facility`: the building alone, over a year of weather at constant IT load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.console import plain, print_json, print_rows, tell
from sim.cli.options import JSON, Finite

if TYPE_CHECKING:
    from sim.study.surveying import FacilityYear

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@click.command("facility")
@click.option("--plant", required=True, help="Name in the catalogue.")
@click.option("--weather", required=True, help="A preset, or a file: EPW, TMY2, TMY3, Open-Meteo JSON.")
@click.option(
    "--it-kw", type=Finite(0.0, 1e7, min_open=True), required=True, help="IT power that the plant is made for."
)
@click.option(
    "--load",
    type=Finite(0.0, 1.0, min_open=True),
    default=0.75,
    show_default=True,
    help="Share of it that is drawn all year.",
)
@click.option("--supply-c", type=Finite(-50.0, 150.0), help="Set-point of air or coolant; default: the plant's.")
@click.option("--node", default="hgx-h100-8", show_default=True, help="Whose fans and supplies count in TUE.")
@click.option("--catalog", type=click.Path(path_type=Path, dir_okay=False), help="Your own catalogue entries.")
@JSON
def command(
    plant: str,
    weather: str,
    it_kw: float,
    load: float,
    supply_c: float | None,
    node: str,
    catalog: Path | None,
    as_json: bool,
) -> None:
    """Energy, water and hours of free cooling of a plant over a year of weather."""
    from sim.study.surveying import survey_facility

    found = survey_facility(
        plant=plant, weather=weather, it_kw=it_kw, load=load, supply_c=supply_c, node=node, catalogue=catalog
    )
    if as_json:
        print_json(found.to_json())
    else:
        _print_year(found)
    tell(f"warning: {text}" for text in found.warnings)


def _print_year(found: FacilityYear) -> None:
    click.echo(plain(_sentence(found)))
    click.echo()
    year = found.year
    total_j = year.facility_j
    parts = (("IT", year.it_j), ("cooling", year.cooling_j), ("electrical losses", year.losses_j))
    print_rows(("energy", "MWh", "share"), [(name, f"{j / 3.6e9:,.1f}", f"{j / total_j:.1%}") for name, j in parts])
    click.echo()
    months = zip(MONTHS, found.monthly(), strict=True)
    rows = [(month, f"{each['pue']:.3f}", f"{each['wue_l_per_kwh']:.2f}") for month, each in months]
    rows.append(("year", f"{found.pue:.3f}", f"{found.wue_l_per_kwh:.2f}"))
    print_rows(("month", "PUE", "water L/kWh"), rows)
    if year.hours:
        click.echo()
        hours = (("free cooling", year.hours.free), ("partial", year.hours.partial))
        print_rows(("hours", ""), [(name, f"{h:,}") for name, h in (*hours, ("mechanical", year.hours.mechanical))])


def _sentence(found: FacilityYear) -> str:
    """The year in one sentence."""
    drawn_kw = found.load * found.design_it_kw
    return (
        f"{found.plant} for {found.design_it_kw:,g} kW of IT in {found.weather}, at {drawn_kw:,g} kW all year: "
        f"PUE {found.pue:.3f}, TUE {found.pue * found.itue:.3f}, {found.wue_l_per_kwh:.2f} L of water per kWh of IT, "
        f"{found.year.facility_j / 3.6e9:,.0f} MWh at the meter."
    )
