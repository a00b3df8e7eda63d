"""The door to request traffic: generated or replayed, whichever the service asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np

from sim.errors import Problem, ScenarioError, TraceError
from sim.scenario.specs import PoissonTraffic, Service, TraceTraffic
from sim.units import AUDIO_STEP_S
from sim.workload.formats import AUDIO, INPUT, ITEMS, OUTPUT, SERVICE
from sim.workload.poisson import GeneratedTraffic
from sim.workload.replay import open_replay
from sim.workload.traces import RequestTrace, shared_trace
from sim.workload.traffic import Traffic

LENGTHS = (INPUT, OUTPUT)
NEEDED = {"llm": LENGTHS, "fixed-time": (SERVICE,), "speech": (AUDIO,)}  # by family of AI model
OTHERS = (ITEMS,)  # what every other family needs


def open_traffic(
    service: Service, scenario_start: datetime, horizon_s: float, utc_offset_h: float, seed: int, replication: int
) -> Traffic:
    """Requests of one service over [0, horizon_s), generated lazily.

    Raises TraceError for a trace that cannot be used and ScenarioError for generated traffic that makes no sense.
    """
    traffic = service.traffic
    needed = NEEDED.get(service.model.family, OTHERS)
    if isinstance(traffic, PoissonTraffic):
        require_laws(service, traffic, needed)
        return GeneratedTraffic(
            service.name,
            traffic,
            scenario_start=scenario_start,
            horizon_s=horizon_s,
            utc_offset_h=utc_offset_h,
            seed=seed,
            replication=replication,
        )
    return open_replay(
        service.name,
        traffic,
        trace_for(service, traffic, needed),
        scenario_start=scenario_start,
        horizon_s=horizon_s,
        seed=seed,
        replication=replication,
    )


def require_laws(service: Service, traffic: PoissonTraffic, needed: tuple[str, ...]) -> None:
    """ScenarioError unless everything that the service's model needs is given a distribution."""
    missing = [quantity for quantity in needed if getattr(traffic, quantity) is None]
    if missing:
        raise ScenarioError(
            f"services.{service.name}.traffic gives no {' and no '.join(missing)}, which {service.model.name} needs"
        )


def trace_for(service: Service, traffic: TraceTraffic, needed: tuple[str, ...]) -> RequestTrace:
    """The trace of a service; TraceError unless it has the columns that the service's model needs."""
    trace = shared_trace(traffic.path, traffic.format)
    missing = [quantity for quantity in needed if getattr(trace, quantity) is None]
    if missing:
        raise TraceError(
            Problem(
                f"the trace has no {' and no '.join(missing)}, which {service.model.name} of service "
                f"'{service.name}' needs",
                trace.file,
            )
        )
    return trace if needed in ((SERVICE,), LENGTHS) else as_work(trace, needed[0])


def as_work(trace: RequestTrace, quantity: str) -> RequestTrace:
    """The trace with items, or steps of speech, in the place of prompt tokens, and one answer to each request."""
    work = trace.items
    if quantity == AUDIO:
        assert trace.audio_s is not None
        work = np.maximum(np.rint(trace.audio_s / AUDIO_STEP_S), 1.0).astype(np.int32)
    return replace(trace, input_tokens=work, output_tokens=np.ones(trace.offset_s.size, np.int32))
