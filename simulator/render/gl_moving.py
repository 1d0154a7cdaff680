"""What moves: buffers of its bodies on the driver, kept from picture to picture."""

from collections.abc import Sequence

import numpy as np

from simulator.moment import Body, Moment
from simulator.render.gl_context import Graphics, Keeper
from simulator.render.gl_mesh import Box, Cut
from simulator.render.gl_shadow import Lamp
from simulator.solid import Solid


class Mesh:
    """A body's buffers; corners are written anew for every pose."""

    def __init__(self, gl: Graphics, solid: Solid) -> None:
        self._gl, self._keep, self.cut = gl, Keeper(), Cut.of(solid)
        context = gl.context
        self._corners = self._keep(context.buffer(reserve=max(len(self.cut.source), 1) * 28, dynamic=True))
        made = self._keep(context.buffer(np.ascontiguousarray(self.cut.made).tobytes()))
        numbers = self._keep(context.buffer(self.cut.triangles.tobytes()))
        drawn = [(self._corners, "3f 3f 1f", "in_at", "in_normal", "in_albedo"), (made, "4f", "in_made")]
        self.whole = self._keep(context.vertex_array(gl.program("solid.vert", "moving.frag"), drawn, numbers))
        places = [(self._corners, "3f 16x", "in_at")]
        flat, mapped = gl.program("shade_cast.vert", "shade_cast.frag"), gl.program("shadow.vert", "nothing.frag")
        self.flat = self._keep(context.vertex_array(flat, places, numbers))
        self.mapped = self._keep(context.vertex_array(mapped, places, numbers))
        self._drawn: Solid | None = None

    def pose(self, solid: Solid) -> None:
        """Takes the places of a solid of the same topology."""
        if solid is not self._drawn:
            self._corners.write(self.cut.corners(solid).tobytes())
            self._drawn = solid

    def release(self) -> None:
        """Gives the buffers back."""
        self._keep.release()


class Drawn:
    """A body of one moment, ready to be drawn."""

    def __init__(self, body: Body, mesh: Mesh) -> None:
        self.body, self.mesh, self.box = body, mesh, Box.of(body.solid)
        mesh.pose(body.solid)

    def brightest(self, lamps: Sequence[Lamp], most: int, least: float) -> list[Lamp]:
        """The lamps that give it most light, none below an irradiance of `least`."""
        gap = max(0.0, self.box.radius_m - 1.0)

        def reach(lamp: Lamp) -> float:
            away = float(np.linalg.norm(self.box.middle_m - np.array(lamp.at[:3]))) - gap
            return lamp.at[3] / max(away, 0.3) ** 2

        ranked = sorted(((reach(lamp), place) for place, lamp in enumerate(lamps)), reverse=True)
        return [lamps[place] for light, place in ranked[:most] if light > least]


class Meshes:
    """Buffers of bodies, kept from picture to picture."""

    def __init__(self, gl: Graphics) -> None:
        self._gl = gl
        self._held: dict[tuple[int, int, int], Mesh] = {}

    def posed(self, moments: Sequence[Moment]) -> list[list[Drawn]]:
        """The bodies of each moment. Every moment has buffers of its own: the driver may still read the others."""
        used: dict[tuple[int, int, int], Mesh] = {}
        drawn = []
        for slot, moment in enumerate(moments):
            seen: dict[int, int] = {}
            bodies = []
            for body in moment.moving:
                if not len(body.solid.triangles):
                    continue
                again = seen[body.number] = seen.get(body.number, -1) + 1
                key = (slot, body.number, again)
                used[key] = self._mesh(key, body.solid)
                bodies.append(Drawn(body, used[key]))
            drawn.append(bodies)
        for key in self._held.keys() - used.keys():
            self._held.pop(key).release()
        return drawn

    def _mesh(self, key: tuple[int, int, int], solid: Solid) -> Mesh:
        held = self._held.get(key)
        if held is None or not held.cut.fits(solid):
            if held is not None:
                held.release()
            held = self._held[key] = Mesh(self._gl, solid)
        return held

    def release(self) -> None:
        """Gives all buffers back."""
        for mesh in self._held.values():
            mesh.release()
        self._held.clear()
