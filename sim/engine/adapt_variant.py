"""Adapting: a leaner form of a service's model takes over while load, price or heat is high.

Both forms stand in one table of rates, as blocks of clock levels, so a switch is a change of level: each replica ends
its iteration first. At a switch replicas stand still for `switch_s`, a quarter of them at a time: a third block, with
that time and the power of the active floor on top of an iteration, holds until the other form is ready. A replica that
finds work only then begins with that wait, too. The room for context is that of the form with less, so no sequence
loses its memory at a switch.
Until the first switch nothing changes to the last bit; only looks at the load cut the sums of joules, which differ in
their last digits where the period is no multiple of the meter's interval.

The guard watches the accuracy of what was served in the measured window. The leaner form may stay only while what it
will serve until it has returned after the next look, at twice the highest pace seen, would leave that accuracy at the
field's floor or above; it takes over only where there is room for ten looks. Where it has to return for this reason, it
returns for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from simpy import Environment
from simpy.events import ProcessGenerator

from sim.engine.instants import Order, multiples, wake
from sim.engine.token_service import TokenService
from sim.engine.variant_use import VariantUse
from sim.engine.world import World
from sim.kernels import serving_layout as at
from sim.kernels.serving_layout import ON, Rates
from sim.strategies.plan import Adaptation

AS_PLANNED: Final = 0
LEANER: Final = 1
SWITCHING: Final = 2
FORMS: Final = 3
SAFETY: Final = 2.0  # assumed: the next look may see so many times the highest pace so far
GROUPS: Final = 4  # the Kubernetes rolling update takes a quarter at a time, too
ROOM_LOOKS: Final = 10  # assumed: the leaner form should serve that long before the guard may end it for good


def with_leaner(rates: Rates, leaner: Rates, switch_s: float) -> Rates:
    """Rates whose levels are those of the form as planned, of the leaner one, and of a switch between them."""
    batch_max = min(rates.batch_max, leaner.batch_max)
    planned, other = (each.decode[:, : batch_max + 1] for each in (rates, leaner))
    switching = planned.copy()
    switching[:, :, at.STEP_S] += switch_s
    switching[:, :, at.STEP_J] += switch_s * rates.waiting_w[:, at.WAIT_W][:, None]
    return rates._replace(
        decode=np.concatenate((planned, other, switching)),
        prefill=np.concatenate((rates.prefill, leaner.prefill, rates.prefill)),
        waiting_w=np.tile(rates.waiting_w, (FORMS, 1)),
        batch_max=batch_max,
        kv_capacity=min(rates.kv_capacity, leaner.kv_capacity),
    )


@dataclass(frozen=True, slots=True)
class Guard:
    """What keeps the accuracy of the outputs in the measured window at the floor of the field or above."""

    floor: float
    planned: float  # accuracy of the form as planned
    leaner: float

    def allows(self, planned_outputs: int, lean_outputs: float) -> bool:
        """Whether so many outputs of each form keep the floor; a leaner form that keeps it alone always may serve."""
        if self.leaner >= self.floor:
            return True
        outputs = planned_outputs + lean_outputs
        kept = self.planned * planned_outputs + self.leaner * lean_outputs >= self.floor * outputs
        return planned_outputs > 0 and kept


class Pace:
    """The most outputs that came in a second so far, from look to look."""

    def __init__(self) -> None:
        self.most_per_s = 0.0
        self._seen_s = 0.0
        self._outputs = 0

    def look(self, now: float, outputs: int) -> None:
        """Total outputs of the service at an instant."""
        if now > self._seen_s:
            self.most_per_s = max(self.most_per_s, (outputs - self._outputs) / (now - self._seen_s))
            self._seen_s, self._outputs = now, outputs


def adapt_variant(env: Environment, world: World, service: str, adaptation: Adaptation) -> ProcessGenerator:
    """Wakes at every period: looks at what is watched and at the guard, and switches the form of the service."""
    run, use, deployment = world.services[service], world.uses[service], world.plan.deployments[service]
    leaner = deployment.lean
    assert isinstance(run, TokenService)
    assert leaner is not None
    guard, pace = Guard(deployment.service.field.floor, deployment.accuracy, leaner.accuracy), Pace()
    for instant in multiples(adaptation.period_s, world.horizon_s):
        if instant < env.now:
            continue
        yield wake(env, instant, Order.ADAPTERS)
        wanted = adaptation.wants_leaner(watched_value(world, run, adaptation, instant), use.lean)
        if wanted or use.lean:
            world.advance(instant)
        pace.look(world.now, run.outputs)
        planned, lean = use.in_window(run.outputs)
        looks = 1 if use.lean else ROOM_LOOKS
        coming = SAFETY * pace.most_per_s * (looks * adaptation.period_s + GROUPS * adaptation.switch_s)
        allowed = guard.allows(planned, lean + coming)
        if use.lean and wanted and not allowed:
            use.returned_s = instant
        if (wanted and allowed) != use.lean:
            yield from switch_form(env, world, run, use, adaptation.switch_s)
        if use.returned_s is not None:
            return


def switch_form(
    env: Environment, world: World, run: TokenService, use: VariantUse, switch_s: float
) -> ProcessGenerator:
    """From one form to the other, a quarter of the replicas at a time; the horizon may come before all are ready.

    Replicas that hold nothing yet change at once.
    """
    lean = not use.lean
    form = LEANER if lean else AS_PLANNED
    use.switches += 1
    use.change(True, world.now, run.outputs)
    drawing = run.replicas.drawing
    run.take_form(form, np.flatnonzero(~drawing), world.now)
    for group in groups(np.flatnonzero(drawing)):
        if switch_s > 0.0:
            run.take_form(SWITCHING, group, world.now)
            ready_s = world.now + switch_s
            if ready_s > world.horizon_s:
                return
            yield wake(env, ready_s, Order.ADAPTERS)
            world.advance(ready_s)
        run.take_form(form, group, world.now)
    use.change(lean, world.now, run.outputs)


def groups(replicas: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The replicas in the groups that change together."""
    return np.array_split(replicas, min(GROUPS, len(replicas))) if len(replicas) else []


def watched_value(world: World, run: TokenService, adaptation: Adaptation, now: float) -> float:
    """Load or price now, or the temperature when it was last worked out (every 10 s where heat could matter)."""
    if adaptation.watched == "price_usd_per_kwh":
        return world.price.at(now)
    if adaptation.watched == "temperature_c":
        return world.pool_of[run.name].nodes.temperature_c
    world.advance(now)
    replicas = max(len(run.replicas.in_state(ON)), 1)
    return (run.running + run.waiting) / (replicas * run.batch_within_promise)
