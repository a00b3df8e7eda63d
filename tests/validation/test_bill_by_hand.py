"""Energy, carbon and the bill of shipped scenarios against the same worked out by hand."""

from __future__ import annotations

from byhand import (
    CATALOGUE,
    FAMILIES,
    MONTH_H,
    PARTS,
    YEAR_H,
    Case,
    accelerator_hour_usd,
    case,
    every_case,
    highest_quarter_of_an_hour_kw,
    hourly,
    kwh,
    per_year,
    pool_sum,
    same,
)

# --- energy, water, carbon, peak ---


@every_case
def test_energy_and_its_ratios(run: str) -> None:
    this, result = case(run), case(run).result
    meter = this.ledger.meter
    for part in (*PARTS, "facility"):
        same(result["energy_kwh"][part], kwh(this, part))
    same(kwh(this, "facility"), sum(kwh(this, part) for part in PARTS))
    litres = sum(float(meter.water_l_per_s[i]) * seconds for i, seconds in this.rows)
    same(result["water_l"], litres)
    same(result["pue"], kwh(this, "facility") / kwh(this, "it"))
    same(result["wue_l_per_kwh"], litres / kwh(this, "it"))
    same(sum(pool.it_j for pool in this.ledger.pools.values()) / 3.6e6, kwh(this, "it"))


@every_case
def test_peak(run: str) -> None:
    same(case(run).result["peak_kw"], highest_quarter_of_an_hour_kw(case(run)))


@every_case
def test_carbon_by_scope(run: str) -> None:
    this, result = case(run), case(run).result
    meter = this.ledger.meter
    grams = sum(float(meter.facility_w[i] * meter.carbon_g_per_kwh[i]) * seconds / 3.6e6 for i, seconds in this.rows)
    embodied_kg = 0.0
    for name, totals in this.ledger.pools.items():
        pool = this.pool(name)
        rented = pool.acquire.kind == "rent"
        node_h = totals.allocated_accelerator_s / 3600.0 / pool.node.accelerators if rented else pool.nodes * this.hours
        life_h = (pool.node.life_y if rented else pool.acquire.life_y) * YEAR_H
        assert pool.node.embodied_kg is not None
        embodied_kg += pool.node.embodied_kg * node_h / life_h
    same(result["carbon_kg"], grams / 1000.0)
    same(result["carbon_by_scope_kg"]["scope1"], 0.0)
    same(result["carbon_by_scope_kg"]["scope2"], grams / 1000.0)
    same(result["carbon_by_scope_kg"]["scope3_embodied"], embodied_kg)


# --- money ---


def fleet_lines(run: Case, name: str) -> dict[str, float]:
    """What a pool costs by item."""
    site, meter = run.plan.scenario.site, run.ledger.meter
    totals, acquire = run.ledger.pools[name], run.pool(name).acquire
    held = totals.allocated_accelerator_s / totals.accelerator_s
    lines = {item: usd * run.hours * (held if item == "rent" else 1.0) for item, usd in hourly(run, name).items()}
    if "energy" not in acquire.includes:
        for part in PARTS:
            column = getattr(meter, f"{part}_w")
            lines[f"energy: {part}"] = pool_sum(run, name, column, meter.price_usd_per_kwh) / 3.6e6
        kw = highest_quarter_of_an_hour_kw(run) * pool_sum(run, name, meter.facility_w) / 3.6e6 / kwh(run, "facility")
        lines["demand charge"] = kw * site.tariff.demand_usd_per_kw_month * run.hours / MONTH_H
        tonnes = pool_sum(run, name, meter.facility_w, meter.carbon_g_per_kwh) / 3.6e6 / 1e6
        lines["carbon price"] = tonnes * site.carbon.usd_per_tonne
    if "facility" not in acquire.includes:
        lines["water"] = pool_sum(run, name, meter.water_l_per_s) / 1000.0 * site.water_usd_per_m3
    return lines


def measure_lines(run: Case) -> list[tuple[str, str, str | None, float]]:
    """Family, item, service and USD of what the mix's measures cost up front, from the catalogue's techniques."""
    economics, plan = run.plan.scenario.economics, run.plan
    mix = next(mix for mix in plan.scenario.mixes if mix.name == plan.mix)
    lines: list[tuple[str, str, str | None, float]] = []

    def charge(
        family: str, item: str, service: str | None, usd: float, life_y: float = economics.measure_life_y
    ) -> None:
        share = run.hours / YEAR_H
        lines.append((family, item, service, per_year(usd, economics.discount_rate, life_y) * share))

    for one in mix.measures:
        options, wage = one.options, economics.engineer_usd_per_h
        for service in one.targets or [each.name for each in plan.scenario.services]:
            of = plan.deployments[service].service
            device_usd = accelerator_hour_usd(run, of.pool)
            if one.kind == "router":
                technique, item, family = (
                    CATALOGUE.technique("router", options["router"]),
                    "router least-loaded",
                    "compute",
                )
            elif one.kind == "autoscale":
                technique, item, family = CATALOGUE.technique("autoscale", "target-utilisation"), "autoscale", "compute"
            elif one.kind == "quantise":
                technique, item, family = CATALOGUE.technique("quantise", "fp8"), "quantise fp8", "algorithm"
            elif one.kind == "customise":
                technique, item, family = CATALOGUE.technique("customise", "lora"), "customise lora", "vertical"
            else:
                continue
            charge(family, f"{item}: engineers", service, technique.engineer_h * wage)
            device_h = technique.accelerator_h + technique.accelerator_h_per_gparameter * of.model.parameters / 1e9
            charge(family, f"{item}: accelerators", service, device_h * device_usd)
            examples = technique.figures.get("samples", 0.0)
            prices = (of.field.data_usd_per_sample or 0.0) + (of.field.label_usd_per_sample or 0.0)
            charge(family, f"{item}: data", service, technique.data_usd + examples * prices)
        if one.kind == "power_cap_w":
            for _ in plan.pools:
                hours = CATALOGUE.technique("power-cap", "any").engineer_h
                charge("efficiency", f"power_cap_w {options['power_cap_w']:g}: engineers", None, hours * wage)
        if one.kind == "plant":
            new = CATALOGUE.technique("plant", "direct-liquid")
            own_kw = sum(each.pool.nodes * each.pool.node.rated_w for each in plan.pools.values()
                         if "facility" not in each.pool.acquire.includes) / 1000.0  # fmt: skip
            life_y = new.figures["life_y"]
            charge("efficiency", "plant direct-liquid: engineers", None, new.engineer_h * wage, life_y)
            capital_usd = new.figures["capital_usd_per_kw"] * own_kw
            charge("efficiency", "plant direct-liquid: capital", None, capital_usd, life_y)
    return [line for line in lines if line[3]]


def whole_bill(run: Case) -> list[tuple[str, str, str | None, str | None, float]]:
    """Family, item, pool, service, USD."""
    fleet = [
        ("compute", item, name, None, usd)
        for name in run.plan.pools
        for item, usd in fleet_lines(run, name).items()
        if usd
    ]
    staff_usd = run.plan.scenario.economics.staff_usd_per_y * run.hours / YEAR_H
    measures = [(family, item, None, service, usd) for family, item, service, usd in measure_lines(run)]
    return [*fleet, ("compute", "staff", None, None, staff_usd), *measures]


@every_case
def test_every_line_of_the_bill(run: str) -> None:
    lines = case(run).result["cost_lines"]
    found = sorted((x["family"], x["item"], x["pool"] or "", x["service"] or "", x["usd"]) for x in lines)
    expected = sorted(
        (f, item, pool or "", service or "", usd) for f, item, pool, service, usd in whole_bill(case(run))
    )
    assert [each[:4] for each in found] == [each[:4] for each in expected]
    for one, other in zip(found, expected, strict=True):
        same(one[4], other[4])


@every_case
def test_the_four_terms_and_the_month(run: str) -> None:
    result, bill = case(run).result, whole_bill(case(run))
    for family in FAMILIES:
        same(result["cost_usd"][family], sum(line[-1] for line in bill if line[0] == family))
    total = sum(line[-1] for line in bill)
    same(result["cost_usd"]["total"], total)
    same(result["usd_per_month"], total / case(run).hours * MONTH_H)


@every_case
def test_costs_and_joules_per_output(run: str) -> None:
    this, result = case(run), case(run).result
    bill, window_s = whole_bill(this), this.hours * 3600.0
    holders: dict[str, tuple[str, float, float]] = {}
    for name, each in this.plan.deployments.items():
        totals = this.ledger.services[name]
        holders[name] = (each.service.pool, totals.held_accelerator_s, totals.accelerator_j)
    for name, stream in this.plan.jobs.items():
        done = this.ledger.jobs[name]
        holders[name] = (stream.pool, done.accelerator_s, done.accelerator_j)

    def mine(name: str) -> tuple[float, float]:
        """USD and joules at the meter."""
        pool, held_s, joules = holders[name]
        of_pool = held_s / sum(each[1] for each in holders.values() if each[0] == pool)
        of_site = held_s / sum(each[1] for each in holders.values())
        of_heat = joules / sum(each[2] for each in holders.values() if each[0] == pool)
        usd = sum(x[-1] for x in bill if x[3] == name)
        usd += of_pool * sum(x[-1] for x in bill if x[2] == pool)
        usd += of_site * sum(x[-1] for x in bill if x[2] is None and x[3] is None)
        return usd, of_heat * pool_sum(this, pool, this.ledger.meter.facility_w)

    for name, each in result["services"].items():
        totals, (usd, joules) = this.ledger.services[name], mine(name)
        same(each["cost_usd"], usd)
        same(each["usd_per_useful_output"], usd / totals.met)
        same(each["usd_per_million_output_tokens"], usd / totals.outputs_in_window * 1e6)
        same(each["j_per_output_token"], joules / totals.outputs_in_window)
        same(each["j_per_useful_output"], joules / totals.met)
        same(each["output_tokens_per_s"], totals.outputs_in_window / window_s)
        same(each["goodput_per_s"], totals.met / window_s)
        same(each["slo_attainment"], totals.met / (totals.completed + totals.rejected + totals.late))
    for name, each in result["jobs"].items():
        usd, joules = mine(name)
        same(each["cost_usd"], usd)
        same(each["facility_kwh"], joules / 3.6e6)
    met = sum(each.met for each in this.ledger.services.values())
    same(result["useful_outputs_per_usd"], met / result["cost_usd"]["total"])
    same(result["useful_outputs_per_kwh"], met / kwh(this, "facility"))
    same(sum(mine(name)[0] for name in holders), result["cost_usd"]["total"])
