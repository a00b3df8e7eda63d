"""What the data files of the catalogue may hold, one pydantic class per kind, and how they become entries.

Read by `sim.catalog.reader` alone. The classes are in practical units (GiB, GB/s, TFLOP/s); `entry()` gives SI.
"""

from __future__ import annotations

from sim.catalog.schema.base import EntryFile, Reference
from sim.catalog.schema.facts import FieldFile, PlantFile, PrecisionFile, TechniqueFile
from sim.catalog.schema.hardware import AcceleratorFile, NodeFile
from sim.catalog.schema.software import EngineFile, ModelFile

__all__ = [
    "AcceleratorFile",
    "EngineFile",
    "EntryFile",
    "FieldFile",
    "ModelFile",
    "NodeFile",
    "PlantFile",
    "PrecisionFile",
    "Reference",
    "TechniqueFile",
]
