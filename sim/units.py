"""Conversion constants; inside the program everything is SI, USD, kg and 0..1."""

from __future__ import annotations

from typing import Final

S_PER_H: Final = 3600.0
H_PER_DAY: Final = 24.0
S_PER_DAY: Final = 86_400.0
H_PER_YEAR: Final = 8760.0
H_PER_MONTH: Final = 730.0  # a twelfth of a year, the month of every USD-per-month figure
J_PER_KWH: Final = 3.6e6
W_PER_KW: Final = 1000.0
G_PER_KG: Final = 1000.0
KG_PER_TONNE: Final = 1000.0
L_PER_M3: Final = 1000.0
KELVIN_AT_0_C: Final = 273.15
AUDIO_STEP_S: Final = 0.1  # speech is counted in steps of this length, rounded to whole ones
