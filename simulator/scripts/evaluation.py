"""The evaluation library: other scripts than the development library's, to judge with. Nobody develops against these.

| what | development | evaluation |
|---|---|---|
| first seen after | 1-3 s | 2-8 s |
| grown-ups' pace | 0.9-1.7 m/s | 0.5-1.1 and 1.3-2.0 m/s |
| running | 2.3-3.6 m/s | 2.2-2.6 and 3.5-4.5 m/s |
| prowling | a row in order, 3-5 cars, 4-8 s each | across rows, 3-6 cars, 2.4-3 or 5-7 s, one car again |
| tampering | 25-40 s without a break, one | 18-24 s, 42-80 s or twice 14-24 s; lying; a lookout |
| four for three minutes | wheels stolen (tampering) | a car kicked on and off (damage) |
| loitering | strolls at 0.7-0.95 m/s, 85-120 s | paces at 0.5-0.68 m/s; three in a group; 125-170 s |
| damage | one car, 2-7 s in one go, stones from 3-5.5 m | several cars or windows, stones from 5.8-8 m |
| fight | two, 10-25 s | three, or two who part and start again; 6-9 or 26-35 s |
| fire | lit at the car, 0.9-1.6 m in 15-25 s | thrown: 1.7-2.3 m in 4-9 s; else 0.5-0.85 m in 26-50 s |
| smoke before flames | 3-8 s | 14-25 s |
| intrusion | one, walks and stands 3-8 s | two who run and carry; one who stays 18-40 s |
| camera | somebody at the pole; turned 15-40 degrees | nobody to be seen; turned 45-80 degrees, half strength |
| at the own car | goes straight to it, sits 2-5 s | turns back, forgets, tries again; sits 6-18 s |
| ice | 8-18 s a pane | 19-30 s a place, all round |
| animals | one, stops 0.5-15 s | several, or sits 12-110 s, or bolts at 4-6.5 m/s |
"""

from simulator.scripts import evaluation_deviant, evaluation_honest, evaluation_motorists, evaluation_violent
from simulator.scripts.scenario import Scenario

_FAMILIES = (evaluation_honest, evaluation_motorists, evaluation_deviant, evaluation_violent)
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for family in _FAMILIES for scenario in family.SCENARIOS}
