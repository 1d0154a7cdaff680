"""What moves: buffers of its bodies on the driver, kept from picture to picture."""

from collections.abc import Sequence

import moderngl
import numpy as np

from simulator.moment import Body, Kind, Moment
from simulator.render.gl_context import Graphics, Keeper
from simulator.render.gl_mesh import Box, Cut
from simulator.render.gl_shadow import Lamp
from simulator.solid import Solid

_OUTLINE_M = 0.10  # cells of the grid by which a body is made coarser to cast shadows
_LEVELS_M = (0.012, 0.018, 0.027, 0.04)  # cells of coarser copies, drawn where a pixel is nearly as wide
_FEW = 200  # triangles of a thing that is lit at every pixel, whatever it is


def moving_program(gl: Graphics, soft: bool) -> moderngl.Program:
    """To draw dull things of small triangles with (light at corners), or glossy ones (light at every pixel)."""
    return (
        gl.program("moving_soft.vert", "moving_soft.frag") if soft else gl.program("moving_solid.vert", "moving.frag")
    )


def _soft(body: Body) -> bool:
    many = len(body.solid.triangles) > _FEW
    return body.kind is not Kind.VEHICLE and (many or body.kind is not Kind.OTHER)


class Mesh:
    """A body's buffers; corners are written anew for every pose."""

    def __init__(self, gl: Graphics, solid: Solid, soft: bool) -> None:
        self._gl, self._keep, self.cut, self.soft = gl, Keeper(), Cut.of(solid), soft
        context = gl.context
        self._corners = self._keep(context.buffer(reserve=max(len(self.cut.source), 1) * 28, dynamic=True))
        self._made = self._keep(context.buffer(np.ascontiguousarray(self.cut.made).tobytes()))
        self._levels: dict[float, moderngl.VertexArray] = {}
        places = [(self._corners, "3f 16x", "in_at")]
        outline = self._keep(context.buffer(self.cut.outline(_OUTLINE_M).tobytes()))
        flat, mapped = gl.program("shade_cast.vert", "shade_cast.frag"), gl.program("shadow.vert", "nothing.frag")
        self.flat = self._keep(context.vertex_array(flat, places, outline))
        self.mapped = self._keep(context.vertex_array(mapped, places, outline))
        self._drawn: Solid | None = None

    def whole(self, pixel_m: float) -> moderngl.VertexArray:
        """All of it, no finer than pixels of a width can show."""
        cell_m = max((level for level in _LEVELS_M if level < 1.5 * pixel_m), default=0.0)
        if cell_m not in self._levels:
            context, cut = self._gl.context, self.cut
            numbers = self._keep(context.buffer((cut.outline(cell_m) if cell_m else cut.triangles).tobytes()))
            drawn = [(self._corners, "3f 3f 1f", "in_at", "in_normal", "in_albedo"), (self._made, "4f", "in_made")]
            program = moving_program(self._gl, self.soft)
            self._levels[cell_m] = self._keep(context.vertex_array(program, drawn, numbers))
        return self._levels[cell_m]

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
        self.middle_m, self.radius_m = self.box.middle_m, self.box.radius_m
        mesh.pose(body.solid)

    def brightest(self, lamps: Sequence[Lamp], most: int, least: float) -> list[Lamp]:
        """The lamps that give it most light, none below an irradiance of `least`."""
        if not lamps:
            return []
        table = np.array([lamp.at for lamp in lamps])
        away = np.linalg.norm(table[:, :3] - self.middle_m, axis=1) - max(0.0, self.radius_m - 1.0)
        reach = table[:, 3] / np.maximum(away, 0.3) ** 2
        return [lamps[place] for place in np.argsort(-reach, kind="stable")[:most] if reach[place] > least]


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
                used[key] = self._mesh(key, body)
                bodies.append(Drawn(body, used[key]))
            drawn.append(bodies)
        for key in self._held.keys() - used.keys():
            self._held.pop(key).release()
        return drawn

    def _mesh(self, key: tuple[int, int, int], body: Body) -> Mesh:
        held = self._held.get(key)
        if held is None or not held.cut.fits(body.solid):
            if held is not None:
                held.release()
            held = self._held[key] = Mesh(self._gl, body.solid, _soft(body))
        return held

    def release(self) -> None:
        """Gives all buffers back."""
        for mesh in self._held.values():
            mesh.release()
        self._held.clear()
