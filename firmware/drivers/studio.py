"""From a bare picture to a Frame: what every camera driver without a hardware encoder does in the same order."""

from firmware.core.privacy import Masks
from firmware.drivers.encoder_av import EncoderSettings, H264Encoder
from firmware.drivers.scaling import DETECTOR_LUMA, detector_luma
from firmware.messages import Frame, Grey, Packet, Size


class FrameMaker:
    """Burns in the masks, then scales, then encodes (`settings` None: no packets). Numbers the frames from 0.

    `luma`: the input of the network that looks at the frames.

    When the pictures' size changes, the encoder starts anew: the next packet is a keyframe with other parameters.
    """

    def __init__(self, masks: Masks, settings: EncoderSettings | None, luma: Size = DETECTOR_LUMA) -> None:
        self._masks = masks
        self._luma = luma
        self._settings = settings
        self._encoder: H264Encoder | None = None
        self._number = 0

    def make(self, picture: Grey, t_s: float, number: int | None = None) -> Frame:
        """One frame. `t_s` must grow; an odd last row or column is cut off (H.264 cannot hold it).

        `number` is the picture's place in a film of which not all are made into frames.
        """
        height_px, width_px = picture.shape
        masked = self._masks.burn(picture[: height_px // 2 * 2, : width_px // 2 * 2])
        if number is not None:
            self._number = number
        frame = Frame(self._number, t_s, masked, detector_luma(masked, self._luma), self._encoded(masked, t_s))
        self._number += 1
        return frame

    def force_keyframe(self) -> None:
        """Make the next frame a keyframe. May be called from another thread."""
        encoder = self._encoder
        if encoder is not None:
            encoder.force_keyframe()

    def _encoded(self, picture: Grey, t_s: float) -> tuple[Packet, ...]:
        if self._settings is None:
            return ()
        height_px, width_px = picture.shape
        size = Size(width_px, height_px)
        if self._encoder is None or self._encoder.size != size:
            self._encoder = H264Encoder(size, self._settings)
        return self._encoder.encode(picture, t_s)
