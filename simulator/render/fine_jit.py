"""Mitsuba and Dr.Jit as the formulas beside this file use them. Import it only after `fine_kit.make_ready`.

Each of these types is an array with one entry per ray. Their real type is known when Mitsuba's variant is, and the
libraries' own hints contradict each other (drjit 1.5, mitsuba 3.9), so the hints here only say what is meant.
"""

from importlib import import_module
from typing import Any

dr: Any = import_module("drjit")
mi: Any = import_module("mitsuba")

Real = Any  # mi.Float
Count = Any  # mi.UInt32
Truth = Any  # mi.Bool
Vector = Any  # mi.Vector3f, mi.Point3f
Four = Any  # mi.Vector4f
Ray = Any  # mi.Ray3f
Shapes = Any  # mi.Scene
