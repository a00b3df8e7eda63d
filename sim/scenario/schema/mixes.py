"""Mixes: what is compared. Four families of measures, each a mapping or a list of mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sim.document import Strict, fault
from sim.scenario.schema.fields import Count, NonNegative, OrOne, Positive, Share
from sim.scenario.schema.forms import Form, OneForm, Short
from sim.scenario.schema.names import DraftMethod, Model, Target
from sim.scenario.schema.power import Hardware, Oversubscribe, Shift, Sleep
from sim.scenario.schema.scheduling import Admit, Autoscale
from sim.scenario.schema.site import PlantChoice
from sim.scenario.schema.storage import Battery

Format = Literal["fp8", "int8", "int4", "fp4"]
KeptShare = Annotated[float, Field(ge=0.5, le=1)]  # below half, a smaller model that learns from this one does better


class Measures(Short):
    """Measures of one family, and what they act on."""

    single: ClassVar[bool] = False  # whether a mapping names exactly one measure
    beside: ClassVar[tuple[str, ...]] = ()  # measures that may stand beside the one

    targets: Annotated[list[Target], OrOne] | None = Field(
        default=None, alias="for", description="Services or pools that it acts on. Default: all that it can act on."
    )

    @model_validator(mode="after")
    def _names_measures(self) -> Self:
        named = self.named()
        if self.targets is not None and not named:
            raise fault("'for' stands without a measure", key="for")
        if self.targets == []:
            raise fault("'for' names nothing", key="for")
        chief = [name for name in named if name not in self.beside]
        if self.single and len(chief) != 1:
            raise fault("an item names one measure; write one item for each" if chief else "an item names no measure")
        return self

    def named(self) -> tuple[str, ...]:
        """Measures that are named here, in the order of the schema."""
        return tuple(name for name in type(self).model_fields if name != "targets" and getattr(self, name) is not None)


class Compute(Measures):
    """Who takes a request, how many a replica takes, and how many replicas there are."""

    router: Literal["round-robin", "least-loaded", "power-of-two", "consolidate", "prefix-affinity"] | None = Field(
        default=None,
        description="Which replica takes a request: the next, the least loaded of all or of two drawn at random, "
        "(consolidate) the fullest that keeps its promised pace, so that others idle, or (prefix-affinity) the one "
        "that holds the prefix of its prompt. Without it: round-robin.",
    )
    admit: Admit | None = Field(default=None, description="A replica with a full queue rejects what is routed to it.")
    batch_max: Annotated[int, Field(ge=1)] | Literal["promise"] | None = Field(
        default=None,
        description="Most sequences that a replica runs at once; promise: as many as keep the promise on TPOT.",
    )
    decision_ms: NonNegative | None = Field(
        default=None, description="Time from the arrival of a request to a replica having it [ms]. Without it: 0."
    )
    autoscale: Autoscale | None = Field(default=None, description="Starts and stops replicas with the load.")
    allocate: Literal["sized"] | None = Field(
        default=None,
        description="sized: as many replicas as the peak of the traffic asks for, within the service's own number.",
    )
    placement: Literal["first-fit", "best-fit", "spread", "pack"] | None = Field(
        default=None,
        description="Node of a pool that a replica starts on; pack also stops those of the emptiest. Acts on pools. "
        "Without it: first-fit.",
    )

    @model_validator(mode="after")
    def _placement_is_of_pools(self) -> Self:
        if self.placement is not None and self.targets is not None and self.named() != ("placement",):
            raise fault("placement acts on pools, not on services: with 'for', give it an item of its own", key="for")
        return self


class Speculate(Short):
    """A draft whose tokens the model verifies; answers do not change."""

    short_types: ClassVar[tuple[str, ...]] = ("string",)

    method: DraftMethod = Field(default="eagle-3", description="How it drafts, a technique of the catalogue.")
    draft_tokens: Annotated[int, Field(ge=0, le=64)] | None = Field(
        default=None, description="Tokens drafted in one iteration; 0: none. Default: the method's."
    )
    acceptance: Share | None = Field(
        default=None,
        description="Chance that a drafted token is kept, where all before it were. Default: the method's.",
    )

    @classmethod
    def expanded(cls, value: object) -> object:
        """A plain text is the method."""
        return {"method": value} if isinstance(value, str) else value


class Prune(OneForm, Short):
    """Weights taken away: zeros (2:4, unstructured), or a share of the parameters that is kept in layers or of them."""

    short_types: ClassVar[tuple[str, ...]] = ("string",)
    forms: ClassVar[Mapping[str, Form]] = {"pattern": Form(), "width": Form(), "depth": Form()}

    pattern: Literal["2:4", "unstructured"] | None = Field(
        default=None, description="Half of the weights are zero: two of each four, or anywhere."
    )
    width: KeptShare | None = Field(default=None, description="Share of the parameters that narrower layers keep.")
    depth: KeptShare | None = Field(default=None, description="Share of the parameters that fewer layers keep.")

    @classmethod
    def expanded(cls, value: object) -> object:
        """A plain text is the pattern."""
        return {"pattern": value} if isinstance(value, str) else value


class Leaner(OneForm):
    """The form of the model that takes over."""

    forms: ClassVar[Mapping[str, Form]] = {"quantise": Form(), "prune": Form()}

    quantise: Format | None = Field(default=None, description="Weights in this format.")
    prune: Prune | None = Field(default=None, description="Weights with zeros: 2:4 or unstructured.")


class When(OneForm):
    """What is watched, and the value above which the leaner form serves."""

    forms: ClassVar[Mapping[str, Form]] = {"load": Form(), "price_usd_per_kwh": Form(), "temperature_c": Form()}

    load: Positive | None = Field(
        default=None,
        description="Requests in the system / requests that the replicas can decode at once within the promise.",
    )
    price_usd_per_kwh: float | None = Field(default=None, description="Price of energy now [USD/kWh].")
    temperature_c: float | None = Field(default=None, description="Of the hottest accelerators of the pool [degC].")


class Adapt(Strict):
    """A leaner form of the model serves while load, price or heat is high; never below the accuracy floor."""

    to: Leaner = Field(description="The leaner form.")
    when: When = Field(description="The threshold above which it serves.")
    back: float | None = Field(
        default=None, description="Value of what is watched at which the model returns. Default: .8 of the threshold."
    )
    period_s: Annotated[float, Field(ge=1, le=86_400)] | None = Field(
        default=None, description="Time between looks [s]. Default: 60."
    )
    switch_s: Annotated[float, Field(ge=0, le=3600)] | None = Field(
        default=None,
        description="How long a replica stands still at a switch, a quarter of them at a time [s]. Default: 20.",
    )

    @model_validator(mode="after")
    def _returns_below(self) -> Self:
        above = next(value for value in self.when.model_dump().values() if value is not None)
        if self.back is not None and self.back > above:
            raise fault(f"back ({self.back:g}) must not exceed the threshold in 'when' ({above:g})", key="back")
        return self


class Algorithm(Measures):
    """A leaner model."""

    single: ClassVar[bool] = True
    beside: ClassVar[tuple[str, ...]] = ("kv",)

    quantise: Format | None = Field(
        default=None, description="Weights in fewer bits after training: fp8, int8, int4 or fp4."
    )
    kv: Format | None = Field(default=None, description="Beside quantise: the KV cache in fewer bits, too.")
    quantise_kv: Format | None = Field(default=None, description="The KV cache in fewer bits, the weights as they are.")
    distil: Model | None = Field(default=None, description="Replaces the model by this smaller one, taught by it.")
    speculate: Speculate | None = Field(default=None, description="Speculative decoding: drafts that it verifies.")
    prune: Prune | None = Field(default=None, description="Removes weights; retraining heals most of it.")
    adapt: Adapt | None = Field(default=None, description="A leaner form of the model that serves when need be.")

    @model_validator(mode="after")
    def _cache_beside_weights(self) -> Self:
        if self.kv is not None and self.quantise is None:
            raise fault("'kv' stands beside quantise; for the KV cache alone, write quantise_kv", key="kv")
        return self


class Energy(Measures):
    """Fewer joules at the accelerators and in the building."""

    hardware: Hardware | None = Field(default=None, description="Other nodes in place of a pool's.")
    power_cap_w: Positive | None = Field(default=None, description="Limit on the power of each accelerator [W].")
    clock_mhz: Positive | None = Field(default=None, description="Highest core clock of each accelerator [MHz].")
    plant: PlantChoice | None = Field(
        default=None, description="Retrofit: another cooling plant in place of the site's."
    )
    supply_c: Annotated[float, Field(ge=0, le=60)] | None = Field(
        default=None,
        description="Set-point of the site's plant: air at the racks, or water at the cold plates [degC].",
    )
    oversubscribe: Oversubscribe | None = Field(
        default=None, description="Clocks fall where the IT power would pass a limit."
    )
    sleep: Sleep | None = Field(default=None, description="Nodes that nobody uses go to sleep and wake when needed.")
    shift: Shift | None = Field(default=None, description="Jobs wait for the cheapest or cleanest hours.")
    battery: Battery | None = Field(default=None, description="Stores energy beside the meter.")

    @model_validator(mode="after")
    def _plant_is_of_the_site(self) -> Self:
        if (self.plant is not None or self.supply_c is not None) and self.targets is not None:
            raise fault("a plant serves the whole site: write it in an item without 'for'", key="for")
        if self.battery is not None and self.targets is not None:
            raise fault("a battery serves the whole site: write it in an item without 'for'", key="for")
        if self.hardware is not None and self.targets is not None:
            raise fault("hardware names its pool itself: write it in an item without 'for'", key="for")
        return self


class Customise(Short):
    """How a model is fitted to its field; a plain text is the method."""

    short_types: ClassVar[tuple[str, ...]] = ("string",)
    method: Literal["full", "lora", "prompt", "rag"] = Field(
        description="full: trains all weights; lora: adapters beside them; prompt: more said with every request; "
        "rag: passages are looked up for every request."
    )
    added_tokens: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="Tokens that every prompt grows by (prompt, rag). Default: the method's."
    )
    retrieval_s: NonNegative | None = Field(
        default=None, description="Time of looking passages up, before a replica gets the request [s] (rag)."
    )
    documents: NonNegative | None = Field(default=None, description="Documents that are indexed once (rag).")

    @classmethod
    def expanded(cls, value: object) -> object:
        """A plain text is the method."""
        return {"method": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _options_go_with_their_method(self) -> Self:
        has = {"prompt": ("added_tokens",), "rag": ("added_tokens", "retrieval_s", "documents")}.get(self.method, ())
        for name in ("added_tokens", "retrieval_s", "documents"):
            if getattr(self, name) is not None and name not in has:
                raise fault(f"'{name}' says nothing to method {self.method}", key=name)
        return self


class Augment(Strict):
    """More examples of the field to learn from."""

    samples: Positive = Field(description="How many samples are added.")
    quality: Share | None = Field(
        default=None,
        description="Share of them whose answer is right; few right ones do harm. Default: 1, all of them.",
    )


class Cache(Strict):
    """Answers that are remembered."""

    hit_share: Share = Field(
        description="Share of the requests that are answered from memory; published ones run from .05 to .7."
    )
    answer_s: NonNegative | None = Field(
        default=None, description="Time until a remembered answer is there [s]. Default: the technique's."
    )


class EarlyExit(Strict):
    """Layers that are skipped where an early answer is sure enough."""

    share: Share = Field(description="Share of the layers that an output skips on average.")


class Cascade(Strict):
    """A smaller model answers first, the service's model what it does not answer well enough."""

    to: Model = Field(description="The model that goes first.")
    keep_share: Share = Field(description="Share of its answers that are kept; the other requests pay both models.")
    replicas: Count | None = Field(default=None, description="Replicas of the model that goes first. Default: 1.")
    tensor_parallel: Count | None = Field(
        default=None, description="Accelerators of one replica of the model that goes first. Default: 1."
    )
    replicas_behind: Count | None = Field(
        default=None, description="Replicas of the service's own model, to make room. Default: as many as before."
    )


class Specialise(OneForm):
    """An algorithm of the field's own: one of these."""

    forms: ClassVar[Mapping[str, Form]] = {"cache": Form(), "cascade": Form(), "early_exit": Form()}
    cascade: Cascade | None = Field(default=None, description="A smaller model answers first.")
    cache: Cache | None = Field(default=None, description="Answers requests like one before from memory.")
    early_exit: EarlyExit | None = Field(default=None, description="Skips layers where an early answer is sure.")


class Vertical(Measures):
    """A model that serves its field better."""

    single: ClassVar[bool] = True

    customise: Customise | None = Field(
        default=None, description="Fits the model to the field: full, lora, prompt or rag."
    )
    augment: Augment | None = Field(default=None, description="Fine-tunes on added samples of the field.")
    specialise: Specialise | None = Field(default=None, description="An algorithm of the field's own.")


class Mix(Short):
    """A named set of measures; a list applies in order, families in the order compute, algorithm, energy, vertical."""

    compute: Annotated[list[Compute], OrOne] = Field(default=[], description="Fleet and scheduling.")
    algorithm: Annotated[list[Algorithm], OrOne] = Field(default=[], description="Model compression.")
    energy: Annotated[list[Energy], OrOne] = Field(default=[], description="Power and cooling.")
    vertical: Annotated[list[Vertical], OrOne] = Field(default=[], description="Fit to the application field.")
