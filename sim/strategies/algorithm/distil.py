"""A smaller model of the catalogue, taught by the one in service, takes its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.catalog import Catalogue, entries
from sim.models.peaks import peak_flops
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.algorithm.order import lost_work
from sim.strategies.algorithm.retraining import retraining_h
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME, published
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Distillation:
    """The student serves in the number format of its teacher; its own accuracy in the field counts."""

    student: entries.AIModel
    technique: entries.Technique
    catalogue: Catalogue
    devices: Mapping[str, entries.Accelerator]  # by pool

    @classmethod
    def build(cls, context: Context) -> Distillation:
        """From `distil: MODEL`."""
        student = context.catalogue.model(context.measure.options["distil"])
        technique = context.catalogue.technique("distil", student.name)
        devices = {pool.name: pool.node.accelerator for pool in context.scenario.pools}
        return cls(student, technique, context.catalogue, devices)

    def obstacle(self, target: Deployment) -> str | None:
        """The student must be smaller, known in the field, and first in line: later measures act on the student."""
        service, teacher = target.service, target.variant
        if teacher.model.family == FIXED_TIME or self.student.family != teacher.model.family:
            return f"'{service.name}' runs a model of family {teacher.model.family}, not {self.student.family}"
        if self.student.parameters >= teacher.parameters:
            return f"'{self.student.name}' is not smaller than the '{teacher.model.name}' of '{service.name}'"
        if service.field.name not in self.student.accuracy:
            return f"the catalogue knows no accuracy of '{self.student.name}' in field '{service.field.name}'"
        return lost_work(target, "distil")

    def apply(self, target: Deployment) -> Deployment:
        """The service on the student, routed and scaled as before."""
        student = published(target.service, self.student, target.variant.weights.name, self.catalogue)
        taught = with_effect(student, *effect_of(self.technique, student))
        gain = taught.ungated_gain
        return replace(
            target, variant=taught.variant, accuracy=taught.accuracy, accuracy_sd=taught.accuracy_sd, ungated_gain=gain
        )

    def upfront(self, target: Deployment) -> UpFront:
        """Training the student on the teacher's answers on the service's own accelerators, and an engineer's weeks."""
        cost = technique_cost("algorithm", self.technique, target, self.student.parameters)
        trained = published(target.service, self.student, self.student.precision, self.catalogue).variant
        peak = peak_flops(trained, self.devices[target.service.pool])
        hours = retraining_h(self.technique.figures, trained, target.variant, peak)
        return replace(cost, measure=f"distil {self.student.name}", accelerator_h=cost.accelerator_h + hours)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
