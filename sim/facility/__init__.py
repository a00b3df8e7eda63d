"""The building: weather, the electrical chain, and the plants that carry the heat away.

`load_weather` makes the outdoor air of a run, `weather_year` that of a whole year, `build_plant` a plant of the right
size for it; `survey` asks a plant all hours of a year at once.
"""

from sim.facility.plant import Facility, build_plant
from sim.facility.survey import CoolingHours, Survey, survey
from sim.facility.weather import Weather, constant_weather, load_weather
from sim.facility.year import WeatherYear, weather_year

__all__ = [
    "CoolingHours",
    "Facility",
    "Survey",
    "Weather",
    "WeatherYear",
    "build_plant",
    "constant_weather",
    "load_weather",
    "survey",
    "weather_year",
]
