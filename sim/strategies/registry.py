"""The measures that a scenario may name, by family and kind, sorted by what they act on.

To add one: a file in its family's folder, one line here, one in the scenario's schema; the contract test covers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.scenario.grid_specs import Battery
from sim.scenario.specs import PlantSpec
from sim.strategies.algorithm.adapt import Adapting
from sim.strategies.algorithm.distil import Distillation
from sim.strategies.algorithm.prune import Pruning
from sim.strategies.algorithm.quantise import Quantisation
from sim.strategies.algorithm.quantise_kv import CacheQuantisation
from sim.strategies.algorithm.speculate import Speculating
from sim.strategies.compute.admission import Admission
from sim.strategies.compute.allocate import SizedAllocation
from sim.strategies.compute.autoscale import Autoscaling
from sim.strategies.compute.batch_limit import BatchLimit
from sim.strategies.compute.decision import DecisionTime
from sim.strategies.compute.placement import Placing
from sim.strategies.compute.router import Routing
from sim.strategies.energy.battery import Storing
from sim.strategies.energy.clock import ClockLock
from sim.strategies.energy.hardware import Hardware
from sim.strategies.energy.oversubscribe import Oversubscription
from sim.strategies.energy.power_cap import PowerCap
from sim.strategies.energy.retrofit import Retrofit
from sim.strategies.energy.set_point import SetPoint
from sim.strategies.energy.shift import Shifting
from sim.strategies.energy.sleep import Sleeping
from sim.strategies.plan import Deployment, PoolPlan
from sim.strategies.technique import Context, Technique
from sim.strategies.vertical.augment import Augmentation
from sim.strategies.vertical.customise import customisation
from sim.strategies.vertical.specialise import specialisation

Kind = tuple[str, str]  # family, kind

SERVICE_MEASURES: Mapping[Kind, Callable[[Context], Technique[Deployment]]] = {
    ("compute", "router"): Routing.build,
    ("compute", "admit"): Admission.build,
    ("compute", "batch_max"): BatchLimit.build,
    ("compute", "decision_ms"): DecisionTime.build,
    ("compute", "autoscale"): Autoscaling.build,
    ("compute", "allocate"): SizedAllocation.build,
    ("algorithm", "quantise"): Quantisation.build,
    ("algorithm", "quantise_kv"): CacheQuantisation.build,
    ("algorithm", "distil"): Distillation.build,
    ("algorithm", "prune"): Pruning.build,
    ("algorithm", "speculate"): Speculating.build,
    ("algorithm", "adapt"): Adapting.build,
    ("vertical", "customise"): customisation,
    ("vertical", "augment"): Augmentation.build,
    ("vertical", "specialise"): specialisation,
}
POOL_MEASURES: Mapping[Kind, Callable[[Context], Technique[PoolPlan]]] = {
    ("compute", "placement"): Placing.build,
    ("energy", "power_cap_w"): PowerCap.build,
    ("energy", "clock_mhz"): ClockLock.build,
    ("energy", "hardware"): Hardware.build,
    ("energy", "oversubscribe"): Oversubscription.build,
    ("energy", "sleep"): Sleeping.build,
    ("energy", "shift"): Shifting.build,
}
SITE_MEASURES: Mapping[Kind, Callable[[Context], Technique[PlantSpec]]] = {
    ("energy", "plant"): Retrofit.build,
    ("energy", "supply_c"): SetPoint.build,
}
BATTERY_MEASURES: Mapping[Kind, Callable[[Context], Technique[Battery]]] = {("energy", "battery"): Storing.build}
