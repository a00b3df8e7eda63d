"""Speculative decoding: a draft proposes tokens, the model verifies them all in one iteration.

Acceptance a of each drafted token, independent of the others, and g drafted tokens give (1 - a^(g+1)) / (1 - a) tokens
per iteration on average (Leviathan et al. 2023). Verifying works on g + 1 tokens of each sequence at once, so the gain
dies where arithmetic already takes as long as memory. Answers are exactly those of the model without a draft.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ScenarioError

DRAFT_BYTES = 2.0  # per weight: drafts stay in 16 bits, however narrow the model's weights are; assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Speculation:
    """A draft beside a model; raises ScenarioError for figures out of range."""

    draft_tokens: int  # drafted for each sequence in one iteration; 0: none, and all is as without a draft
    acceptance: float  # chance that a drafted token is kept, where all before it were
    step_share: float  # seconds and joules of one draft step over those of an iteration without drafts
    memory_share: float  # of the draft: weights over those of the model's active ones, and KV cache likewise

    def __post_init__(self) -> None:
        if not 0.0 <= self.acceptance <= 1.0 or self.draft_tokens < 0:
            raise ScenarioError(
                f"speculation needs an acceptance in 0..1 and 0 or more drafted tokens; they are {self.acceptance:g} "
                f"and {self.draft_tokens}"
            )

    @property
    def tokens_per_step(self) -> float:
        """Tokens that an iteration yields per sequence, on average."""
        return float(sum(self.acceptance**accepted for accepted in range(self.draft_tokens + 1)))

    @property
    def verified_tokens(self) -> float:
        """Tokens of each sequence that one iteration works on."""
        return self.draft_tokens + 1.0

    @property
    def drafting_share(self) -> float:
        """Seconds and joules of all draft steps of an iteration over those of one without drafts."""
        return self.draft_tokens * self.step_share

    @property
    def held_share(self) -> float:
        """Share of memory that the draft adds; none where nothing is drafted."""
        return self.memory_share if self.draft_tokens else 0.0


NO_DRAFT = Speculation(draft_tokens=0, acceptance=0.0, step_share=0.0, memory_share=0.0)
