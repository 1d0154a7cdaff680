"""The fine renderer: the same moments as the fast one, path traced on the processor with Mitsuba 3.

It draws what the fast one leaves out: every lamp's shadow of everything, soft edges, mirrors, light from one surface on
another. Same arguments, same picture, bit by bit on one machine.
"""

from collections.abc import Sequence

from simulator.moment import Moment, Radiance, Standing
from simulator.optics import View
from simulator.render.fine_grain import mean, smooth
from simulator.render.fine_kit import make_ready


class FineRenderer:
    """Draws one standing world from one view's pinhole canvas; `samples` rays to a pixel, spread over the moments.

    CameraError: Mitsuba is not installed, or its variant cannot be run here.
    """

    def __init__(self, standing: Standing, view: View, samples: int = 16) -> None:
        make_ready()
        from simulator.render.fine_paths import Paths  # its functions need Mitsuba's variant

        self._paths: Paths | None = Paths(standing, view.canvas)
        self._samples = samples

    def picture(self, moments: Sequence[Moment]) -> Radiance:
        """The mean of several moments of one exposure; depth is that of the last. ValueError: no moment."""
        if not moments:
            raise ValueError("a picture needs at least one moment")
        if self._paths is None:
            raise ValueError("the renderer is closed")
        make_ready()
        share = max(1, self._samples // len(moments))
        parts = [self._paths.shine(moment, share, number * share) for number, moment in enumerate(moments)]
        depth_m = self._paths.depth_m(moments[-1])
        return Radiance(smooth(mean(parts), depth_m), depth_m)

    def close(self) -> None:
        """Gives the world's memory back."""
        self._paths = None
