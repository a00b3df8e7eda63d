"""From the sums of a finished world to its ledger."""

from __future__ import annotations

from sim.engine.cascade import first_name
from sim.engine.meter import MeterRows
from sim.engine.sums import ServiceSums, Sums, added, sums_of
from sim.engine.variant_use import VariantUse
from sim.engine.world import PoolRun, World
from sim.errors import InvariantError
from sim.kernels import gang_layout as gang
from sim.kernels import tally
from sim.record.ledger import Adapted, JobTotals, Ledger, PoolTotals, Quantiles, ServiceTotals


def close_ledger(world: World, rows: MeterRows, wall_s: float, random: bool, warnings: tuple[str, ...]) -> Ledger:
    """The ledger of the measured window; raises InvariantError where a conservation law is broken."""
    world.check()
    begin, end = rows.at_warm_up, sums_of(world)
    window_s = end.now_s - begin.now_s
    services = {name: _service_totals(world, name, begin, end) for name in world.plan.deployments}
    jobs: dict[str, JobTotals] = {}
    for name, pool in world.pools.items():
        jobs |= _job_totals(pool, name, begin, end, window_s)
    return Ledger(
        window_s=(begin.now_s, end.now_s),
        meter=rows.meter(),
        services=services,
        jobs=jobs,
        pools={name: _pool_totals(pool, name, begin, end, window_s) for name, pool in world.pools.items()},
        requests=sum(run.seen for run in world.services.values()),
        iterations=sum(run.iterations for run in world.services.values()),
        events=sum(run.seen + run.iterations for run in world.services.values())
        + sum(pool.jobs.events for pool in world.pools.values() if pool.jobs is not None),
        wall_s=wall_s,
        random=random,
        warnings=warnings,
    )


def _service_totals(world: World, name: str, at_begin: Sums, at_end: Sums) -> ServiceTotals:
    """Totals of a service; where a smaller model goes first, of both runs together, each request counted once."""
    runs = [world.services[part] for part in (first_name(name), name) if part in world.services]
    begin, end = (added([sums.services[run.name] for run in runs]) for sums in (at_begin, at_end))
    for run in runs:
        run.fold_log()
    latencies, arrived, use = world.services[name].latencies, sum(run.arrived for run in runs), world.uses.get(name)
    in_flight, late = (sum(counts) for counts in zip(*(run.in_flight(world.now) for run in runs), strict=True))
    completed, rejected = latencies.count(tally.COMPLETED), latencies.count(tally.REJECTED)
    if arrived != completed + rejected + in_flight:
        raise InvariantError(
            f"service '{name}': {arrived} arrived, {completed} completed, {rejected} rejected, {in_flight} in flight"
        )
    busy_s, window_s = end.replica_busy_s - begin.replica_busy_s, at_end.now_s - at_begin.now_s
    held_s = {run: at_end.services[run.name].held_s - at_begin.services[run.name].held_s for run in runs}
    fixed_time = latencies.count(tally.OUTPUT_TOKENS) == 0
    return ServiceTotals(
        arrived=arrived,
        completed=completed,
        rejected=rejected,
        in_flight=in_flight,
        late=late,
        met=latencies.count(tally.MET),
        ttft_met=latencies.count(tally.TTFT_MET),
        tpot_met=latencies.count(tally.TPOT_MET),
        e2e_met=latencies.count(tally.E2E_MET),
        input_tokens=latencies.count(tally.INPUT_TOKENS),
        output_tokens=latencies.count(tally.OUTPUT_TOKENS),
        outputs_in_window=end.outputs - begin.outputs,
        iterations=end.iterations - begin.iterations,
        mean_batch=(end.batch_s - begin.batch_s) / busy_s if busy_s > 0.0 else None,
        ttft_s=Quantiles() if fixed_time else latencies.quantiles(tally.TTFT),
        tpot_s=latencies.quantiles(tally.TPOT),
        e2e_s=latencies.quantiles(tally.E2E),
        held_accelerator_s=end.held_s - begin.held_s,
        busy_accelerator_s=end.busy_s - begin.busy_s,
        accelerator_j=end.energy_j - begin.energy_j,
        preemptions=end.preemptions - begin.preemptions,
        prefix_hits=end.prefix_hits - begin.prefix_hits,
        replicas_mean=sum(held_s[run] / run.replicas.accelerators_each for run in runs) / window_s,
        adapted=None if use is None else _adapted(use, begin, end),
    )


def _adapted(use: VariantUse, begin: ServiceSums, end: ServiceSums) -> Adapted:
    return Adapted(
        lean_s=end.lean_s - begin.lean_s,
        lean_outputs=end.lean_outputs - begin.lean_outputs,
        switches=use.switches,
        returned_s=use.returned_s,
    )


def _job_totals(pool: PoolRun, name: str, begin: Sums, end: Sums, window_s: float) -> dict[str, JobTotals]:
    jobs = pool.jobs
    if jobs is None:
        return {}
    sums = end.pools[name].jobs - begin.pools[name].jobs
    totals = {}
    for stream, stream_name in enumerate(jobs.names):
        by_status = jobs.counts(stream, begin.now_s)
        totals[stream_name] = JobTotals(
            arrived=sum(by_status.values()) - by_status[gang.COMING],
            completed=by_status[gang.DONE],
            running=by_status[gang.RUNNING],
            queued=by_status[gang.QUEUED],
            rejected=by_status[gang.REJECTED],
            failures=0,
            wait_s=jobs.waits(stream, begin.now_s),
            turnaround_s=jobs.turnarounds(stream, begin.now_s),
            makespan_s=jobs.makespan_s(stream, begin.now_s),
            accelerator_s=float(sums[stream, gang.HELD_S]),
            kept_accelerator_s=float(sums[stream, gang.KEPT_S]),
            accelerator_j=float(sums[stream, gang.ENERGY_J]),
            utilisation=float(sums[stream, gang.HELD_S]) / (pool.nodes.accelerators * window_s),
            slowdown=jobs.slowdowns(stream, begin.now_s),
            preemptions=int(sums[stream, gang.PREEMPTED]),
        )
    return totals


def _pool_totals(pool: PoolRun, name: str, begin: Sums, end: Sums, window_s: float) -> PoolTotals:
    first, last = begin.pools[name], end.pools[name]
    names = [run.name for run in pool.services]

    def served(column: str) -> float:
        return sum(float(getattr(end.services[n], column) - getattr(begin.services[n], column)) for n in names)

    jobs = (last.jobs - first.jobs).sum(axis=0)
    return PoolTotals(
        accelerator_s=pool.nodes.accelerators * window_s,
        allocated_accelerator_s=served("held_s") + float(jobs[gang.HELD_S]),
        counted_accelerator_s=served("busy_s") + float(jobs[gang.HELD_S]),
        it_j=last.it_j - first.it_j,
        accelerator_j=last.accelerator_j - first.accelerator_j,
        idle_accelerator_j=last.unheld_j - first.unheld_j + served("wait_j"),
        best_clock_j=served("best_j") + float(jobs[gang.BEST_J]),
        throttled_node_s=last.throttled_s - first.throttled_s,
        hottest_c=pool.nodes.hottest_c,
        asleep_accelerator_s=last.asleep_s - first.asleep_s,
        rack_inlet_c=() if pool.nodes.racks is None else pool.nodes.racks.inlet_c,
        rack_hottest_c=() if pool.nodes.racks is None else pool.nodes.racks.hottest_c,
    )
