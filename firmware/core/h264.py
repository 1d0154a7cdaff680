"""What can be read off an H.264 access unit in Annex B without decoding it (ITU-T H.264, 7.3.1 and annex B)."""

from collections.abc import Iterator

from firmware.errors import StoreError

_SPS, _PPS = 7, 8
_HEAD_BYTES = 4096  # parameter sets stand before the slices; the slices need no search


def parameter_sets(keyframe: bytes) -> bytes:
    """The SPS and PPS of a keyframe, as they stand: another value means that the encoder began anew."""
    return b"".join(unit for unit in _head_units(keyframe) if unit[0] & 31 in (_SPS, _PPS))


def codec_name(keyframe: bytes) -> str:
    """RFC 6381 name of a keyframe's stream, such as `avc1.64001f`: profile, constraints and level of its SPS.

    Raises StoreError where there is no SPS.
    """
    for unit in _head_units(keyframe):
        if unit[0] & 31 == _SPS and len(unit) >= 4:
            return f"avc1.{unit[1:4].hex()}"
    raise StoreError("the keyframe carries no SPS: the encoder must repeat its parameter sets in band")


def _head_units(keyframe: bytes) -> Iterator[bytes]:
    """The first NAL units, without start codes."""
    for unit in keyframe[:_HEAD_BYTES].split(b"\0\0\1")[1:]:
        unit = unit.rstrip(b"\0")
        if unit:
            yield unit
