"""How long the leaner form of a model served where a service adapts, and how much of the output came from it."""

from __future__ import annotations


class VariantUse:
    """Sums over a whole run; a switch counts as the leaner form, from its begin to its end."""

    def __init__(self, measured: bool) -> None:
        """measured: whether the measured window is open from the start."""
        self.lean = False  # the leaner form serves, or a switch is under way
        self.switches = 0
        self.returned_s: float | None = None  # when the guard gave the leaner form up for good
        self._seconds = 0.0
        self._outputs = 0
        self._from_s = 0.0
        self._from_outputs = 0
        self._before_window: int | None = 0 if measured else None  # outputs of the form as planned

    def mark(self, outputs: int) -> None:
        """The measured window opens."""
        self._before_window = outputs - self.lean_outputs(outputs)

    def change(self, lean: bool, now: float, outputs: int) -> None:
        """Another form serves from now on; `outputs` is the total of the service so far."""
        self._seconds, self._outputs = self.lean_s(now), self.lean_outputs(outputs)
        self._from_s, self._from_outputs = now, outputs
        self.lean = lean

    def lean_s(self, now: float) -> float:
        """Seconds of the leaner form so far."""
        return self._seconds + (now - self._from_s if self.lean else 0.0)

    def lean_outputs(self, outputs: int) -> int:
        """Outputs of the leaner form so far, of the service's total `outputs`."""
        return self._outputs + (outputs - self._from_outputs if self.lean else 0)

    def in_window(self, outputs: int) -> tuple[int, int]:
        """Outputs of the form as planned since the window opened, none before; and those of the leaner form so far."""
        lean = self.lean_outputs(outputs)
        return 0 if self._before_window is None else outputs - lean - self._before_window, lean
