"""Language models of the measured tables: which entry of the catalogue they are, or their shape where there is none.

Shapes are those of each model's public config.json; parameter counts follow from the shapes or are the published ones.
"""

from __future__ import annotations

from dataclasses import replace

from sim.catalog.entries import AIModel
from sim.catalog.reader import Catalogue

CATALOGUE_NAMES = {
    "Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "Llama-3.1-70B": "llama-3.1-70b",
    "Qwen3-8B": "qwen3-8b",
    "Qwen3-32B": "qwen3-32b",
    "Qwen3-30B-A3B-Instruct-2507": "qwen3-30b-a3b",
    "Qwen3-30B-A3B-Thinking-2507": "qwen3-30b-a3b",
    "Qwen3-235B-A22B-FP8": "qwen3-235b-a22b",
    "gpt-oss-120b": "gpt-oss-120b",
    "DeepSeek-V3": "deepseek-r1",  # one shape and one size: R1 is V3 trained further, V3.1 likewise
    "DeepSeek-V3.1": "deepseek-r1",
    "DeepSeek-R1": "deepseek-r1",
}


def _model(name: str, gparameters: float, layers: int, hidden: int, heads: int, kv_heads: int, size: int) -> AIModel:
    parameters = gparameters * 1e9
    return AIModel(
        name=name,
        family="llm",
        parameters=parameters,
        active_parameters=parameters,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_size=size,
    )


def _mixture(dense: AIModel, active: float, experts: int, per_token: int, inside: float) -> AIModel:
    return replace(
        dense,
        active_parameters=active * 1e9,
        experts=experts,
        experts_per_token=per_token,
        expert_parameters=inside * 1e9,
    )


# Gemma's sliding windows of 1,024 tokens hold all of the contexts measured.
SHAPES = {
    "gemma-3-12b-it": _model("gemma-3-12b", 11.8, 48, 3840, 16, 8, 256),
    "gemma-3-27b-it": _model("gemma-3-27b", 27.0, 62, 5376, 32, 16, 128),
    "gpt-oss-20b": replace(
        _mixture(_model("gpt-oss-20b", 20.91, 24, 2880, 64, 8, 64), 4.19, 32, 4, 19.12), window=128, window_layers=12
    ),
    "Llama-4-Scout-17B-16E-Instruct": _mixture(
        _model("llama-4-scout", 107.8, 48, 5120, 40, 8, 128), 17.2, 16, 1, 96.64
    ),
    "Llama-4-Maverick-17B-128E-Instruct-FP8": _mixture(
        _model("llama-4-maverick", 400.7, 48, 5120, 40, 8, 128), 17.2, 128, 1, 386.5
    ),
    "Kimi-K2.5": replace(
        _mixture(_model("kimi-k2.5", 1026.4, 61, 7168, 64, 64, 128), 32.9, 384, 8, 1014.7), latent_size=576
    ),
    "MiniMax-M2.5": _mixture(_model("minimax-m2.5", 228.7, 62, 3072, 48, 8, 128), 10.0, 256, 8, 224.7),
}


def row_model(model_id: str, catalogue: Catalogue) -> AIModel | None:
    """The model of a table's id; None where this program cannot describe it."""
    name = model_id.rsplit("/", maxsplit=1)[-1]
    return catalogue.model(CATALOGUE_NAMES[name]) if name in CATALOGUE_NAMES else SHAPES.get(name)
