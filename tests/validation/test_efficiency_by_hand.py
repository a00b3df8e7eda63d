"""The four factors of efficiency of shipped scenarios against the same worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from math import inf, prod

from byhand import CATALOGUE, FAMILIES, Case, accelerator_hour_usd, case, every_case, kwh, same
from sim.catalog.entries import Accelerator, AIModel, Precision
from sim.errors import ScenarioError
from sim.models.serving import serving_tables
from sim.models.variant import Variant
from sim.scenario.specs import Service


def seconds_per_token(variant: Variant, service: Service, device: Accelerator, run: Case) -> float:
    """Accelerator-seconds per output token at the run's mean batch and lengths, at full clock, without a cap."""
    totals = run.ledger.services[service.name]
    assert totals.mean_batch is not None
    prompt, output = totals.input_tokens / totals.completed, totals.output_tokens / totals.completed
    engine = replace(service.engine, batch_max=min(max(1, round(totals.mean_batch)), service.engine.batch_max))
    context = prompt + output / 2.0
    table = serving_tables(variant, engine, replace(device, tdp_w=inf), service.tensor_parallel, context, None, None)
    batch = table.batch_max
    step_s, kv_s = (float(x) for x in table.decode[-1, batch, :2])
    token_s, token2_s, request_s = (float(x) for x in table.prefill[-1, :3])
    decode_s = step_s + kv_s * batch * context
    prefill_s = batch / output * (token_s * prompt + token2_s * prompt**2 + request_s)
    return service.tensor_parallel * (decode_s + prefill_s) / batch


def after(accuracy: float, factor: float) -> float:
    return accuracy * factor if factor <= 1.0 else 1.0 - (1.0 - accuracy) / factor


def candidates(field: str) -> list[tuple[Variant, float]]:
    found = []
    for model in (CATALOGUE.model(name) for name in CATALOGUE.names("models")):
        if field not in model.accuracy:
            continue
        own = CATALOGUE.precision(model.precision)
        found.append((variant_of(model, own), model.accuracy[field]))
        for name in CATALOGUE.names("precisions"):
            narrow = CATALOGUE.precision(name)
            if f"quantise.{name}" in CATALOGUE.names("techniques") and narrow.bytes_per_value < own.bytes_per_value:
                effects = CATALOGUE.technique("quantise", name).accuracy_factor
                factor = effects.get(field, effects.get("*", 1.0))
                found.append((variant_of(model, narrow), after(model.accuracy[field], factor)))
    return found


def variant_of(model: AIModel, weights: Precision) -> Variant:
    own = CATALOGUE.precision(model.precision)
    return Variant(
        model=model, weights=weights, kv_cache=own if own.bytes_per_value >= 2.0 else CATALOGUE.precision("bf16")
    )


def lean(run: Case, name: str) -> tuple[float, float, str]:
    """Accelerator-seconds per token of the reference and of the variant used, and the reference's name."""
    deployment = run.plan.deployments[name]
    service, device = deployment.service, run.pool(deployment.service.pool).node.accelerator
    used_s = seconds_per_token(deployment.variant, service, device, run)
    known = [(used_s, deployment.variant.name)]
    for variant, accuracy in candidates(service.field.name):
        if accuracy >= service.field.floor:
            try:
                known.append((seconds_per_token(variant, service, device, run), variant.name))
            except ScenarioError:
                continue
    return (min(known)[0], used_s, min(known)[1])


def factors(run: Case) -> dict[str, float]:
    pools, services = run.ledger.pools, run.ledger.services
    paid = counted = idle_j = 0.0
    for name, totals in pools.items():
        rented = run.pool(name).acquire.kind == "rent"
        ours_s = totals.allocated_accelerator_s if rented else totals.accelerator_s
        counted += accelerator_hour_usd(run, name) * totals.counted_accelerator_s
        paid += accelerator_hour_usd(run, name) * ours_s
        around_j = totals.it_j - totals.accelerator_j
        idle_j += totals.idle_accelerator_j + around_j * (ours_s - totals.counted_accelerator_s) / ours_s
    it_j = sum(totals.it_j for totals in pools.values())
    best_j = sum(totals.best_clock_j for totals in pools.values())
    work = {name: (services[name].outputs_in_window, *lean(run, name)[:2]) for name in services}
    gains = {name: each.accuracy / each.service.field.target for name, each in run.plan.deployments.items()}
    completed = {name: services[name].completed for name in services}
    return {
        "compute": counted / paid,
        "algorithm": sum(n * r for n, r, _ in work.values()) / sum(n * u for n, _, u in work.values()),
        "efficiency": best_j / ((it_j - idle_j) * kwh(run, "facility") / kwh(run, "it")),
        "vertical": sum(completed[n] * min(gains[n], 1.0) for n in services) / sum(completed.values()),
    }


@every_case
def test_the_four_factors_of_efficiency(run: str) -> None:
    found, expected = case(run).result["efficiency"], factors(case(run))
    for family in FAMILIES:
        same(found[family], expected[family])
    same(found["total"], prod(expected.values()))
    for name, reference in case(run).result["reference_variants"].items():
        assert reference == lean(case(run), name)[2]
        assert lean(case(run), name)[0] < lean(case(run), name)[1], "the reference is another variant, so it can differ"
