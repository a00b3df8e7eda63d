"""The building: weather, the electrical chain, and the plants that carry the heat away.

`load_weather` makes the outdoor air of a run, `build_plant` a plant of the right size for it.
"""

from sim.facility.plant import Facility, build_plant
from sim.facility.weather import Weather, constant_weather, load_weather

__all__ = ["Facility", "Weather", "build_plant", "constant_weather", "load_weather"]
