"""The development library: every scenario that rules and models may be made and mended with, by name.

`evaluation` has others, to judge with.
"""

from simulator.scripts import camera, deviant, honest, motorists, nature, violent
from simulator.scripts.scenario import Scenario

_FAMILIES = (honest, motorists, nature, deviant, violent, camera)
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for family in _FAMILIES for scenario in family.SCENARIOS}
