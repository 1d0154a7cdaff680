"""What a camera is like, in numbers; defaults are a Raspberry Pi NoIR camera (IMX219) on a pole under its own lamp.

Widths in the picture are ratios of its width, so that one camera looks the same at any size.
"""

from dataclasses import dataclass, replace

import numpy as np

from simulator.conditions import Condition


@dataclass(frozen=True, slots=True)
class OpticsSettings:
    """Lens and dome.

    `blur_ratio`: standard deviation of the lens's spread (0.0007: contrast at the Nyquist frequency 0.15 at 896 px).
    `bloom`: share of burnt-out light that spills into halos, `veil`: share of all light that fogs the whole picture
    (veiling glare; 1-3 % without a hood, ISO 9358). `vignette`: light lost in the corner. `dirt`: 0..1,
    `drops`: how many stand on the dome. `ghost`: luminance of the infrared lamp's reflection in the dome.
    `shake_rad`: standard deviation of the pole's sway in a wind of 12 m/s.
    """

    blur_ratio: float = 0.0007
    bloom: float = 0.05
    veil: float = 0.009
    vignette: float = 0.45
    dirt: float = 0.0
    drops: int = 0
    ghost: float = 0.002
    shake_rad: float = 0.0012


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Noise of one picture pixel in electrons at gain 1, as EMVA 1288's linear model has it, and the tone curve.

    `full_well_e`: libcamera's noise profile of the IMX219 (standard deviation 3.67 x root of a 16-bit level) says
    4,900 electrons a sensor pixel; about eight of them make one of 896x504. `read_e`: 3 electrons a sensor pixel, times
    root 8. `row_share`: part of the read noise that a whole row has in common. `response`: pixels' unequal gain (PRNU).
    `column_e`, `pixel_e`: offsets that stay (DSNU). `hot_ratio`: share of pixels that defect correction leaves, bright
    by `hot_e` on average in 40 ms. `grain_ratio`: how far noise is smeared by binning, demosaicing and denoising.
    `black_level`: grey of no light. `gamma` and `shoulder`: see
    `sensor.toned`; a little steeper than the Pi's own 1.06, for the share of near-black that real night video has.
    """

    full_well_e: float = 39_000.0
    read_e: float = 8.5
    row_share: float = 0.15
    response: float = 0.006
    column_e: float = 1.6
    pixel_e: float = 2.5
    hot_ratio: float = 2e-5
    hot_e: float = 1_500.0
    grain_ratio: float = 0.0005
    black_level: float = 1.0
    gamma: float = 1.15
    shoulder: float = 0.24


@dataclass(frozen=True, slots=True)
class ExposureSettings:
    """Automatic exposure and gain, as libcamera's controller for the Pi does it.

    `aim`: mean signal it wants (the Pi's tuning says 0.16 of full scale). `brightest`: the mean of the brightest 2 % is
    held under this, or None. `sensitivity`: signal for luminance 1 in one second at gain 1. `lag_s`: time constant of
    its low-pass filter. `gain_max`: the IMX219 gives 10.7; the rest is digital (libcamera: up to 4 times).
    """

    aim: float = 0.155
    brightest: float | None = None
    sensitivity: float = 12.0
    lag_s: float = 0.8
    shutter_max_s: float = 0.04
    gain_max: float = 32.0


@dataclass(frozen=True, slots=True)
class CodecSettings:
    """What a picture goes through after the sensor. `jpeg_quality`: for stills. `denoise`: 0..1, how much of the last
    picture is kept where nothing moved. `bitrate_bit_s` and `rate_hz`: of the H.264 stream."""

    jpeg_quality: int = 85
    denoise: float = 0.6
    bitrate_bit_s: int = 1_500_000
    rate_hz: float = 10.0


@dataclass(frozen=True, slots=True)
class LensSettings:
    """A whole camera. `tint`: red, green and blue of grey under infrared (a NoIR sensor without white balance data)."""

    optics: OpticsSettings = OpticsSettings()
    sensor: SensorSettings = SensorSettings()
    exposure: ExposureSettings = ExposureSettings()
    codec: CodecSettings = CodecSettings()
    tint: tuple[float, float, float] = (1.03, 0.97, 1.02)


def random_settings(rng: np.random.Generator, wild: bool, condition: Condition) -> LensSettings:
    """A camera by chance, wetted and dirtied by the weather: one that could be bought, or (`wild`) for training far
    beyond it, so that a detector learns what does not depend on the camera."""
    settings = _wild(rng) if wild else _plausible(rng)
    dirt = max(settings.optics.dirt, condition.dirt * float(rng.uniform(0.7, 1.0)))
    drops = settings.optics.drops + condition.drops
    return replace(settings, optics=replace(settings.optics, dirt=min(dirt, 1.0), drops=drops))


def _plausible(rng: np.random.Generator) -> LensSettings:
    optics = OpticsSettings(
        blur_ratio=float(rng.uniform(0.0005, 0.0010)),
        bloom=float(rng.uniform(0.03, 0.08)),
        veil=float(rng.uniform(0.004, 0.016)),
        vignette=float(rng.uniform(0.25, 0.6)),
        dirt=float(rng.uniform(0.0, 0.12)),
        ghost=float(rng.uniform(0.0, 0.004)),
        shake_rad=float(rng.uniform(0.0006, 0.0018)),
    )
    sensor = SensorSettings(
        full_well_e=float(rng.uniform(25_000, 50_000)),
        read_e=float(rng.uniform(6.0, 12.0)),
        gamma=float(rng.uniform(1.0, 1.35)),
        black_level=float(rng.uniform(0.0, 4.0)),
    )
    exposure = ExposureSettings(
        aim=float(rng.uniform(0.125, 0.185)),
        brightest=0.8 if rng.random() < 0.2 else None,
        lag_s=float(rng.uniform(0.5, 1.2)),
        shutter_max_s=float(rng.choice([1 / 15, 1 / 20, 1 / 25])),
    )
    codec = CodecSettings(int(rng.integers(70, 93)), float(rng.uniform(0.3, 0.8)))
    rose = float(rng.uniform(0.0, 0.06))
    return LensSettings(optics, sensor, exposure, codec, (1 + rose, 1 - rose, 1 + 0.7 * rose))


def _wild(rng: np.random.Generator) -> LensSettings:
    noise = float(np.exp(rng.uniform(np.log(0.15), np.log(6.0))))
    optics = OpticsSettings(
        blur_ratio=float(np.exp(rng.uniform(np.log(0.0003), np.log(0.0022)))),
        bloom=float(rng.uniform(0.0, 0.2)),
        veil=float(rng.uniform(0.0, 0.06)),
        vignette=float(rng.uniform(0.0, 0.75)),
        dirt=float(rng.uniform(0.0, 0.9)) if rng.random() < 0.3 else 0.0,
        drops=int(rng.integers(1, 16)) if rng.random() < 0.15 else 0,
        ghost=float(rng.uniform(0.0, 0.02)),
        shake_rad=float(rng.uniform(0.0, 0.004)),
    )
    sensor = SensorSettings(
        full_well_e=39_000.0 / noise,
        read_e=8.5 * noise**0.7,
        row_share=float(rng.uniform(0.0, 0.4)),
        response=float(rng.uniform(0.0, 0.02)),
        column_e=float(rng.uniform(0.0, 5.0)),
        pixel_e=float(rng.uniform(0.0, 8.0)),
        hot_ratio=float(rng.uniform(0.0, 1.5e-4)),
        grain_ratio=float(rng.uniform(0.0, 0.0012)),
        black_level=float(rng.uniform(0.0, 24.0)),
        gamma=float(rng.uniform(0.55, 1.4)),
        shoulder=float(np.exp(rng.uniform(np.log(0.15), np.log(2.0)))),
    )
    exposure = ExposureSettings(
        aim=float(np.exp(rng.uniform(np.log(0.05), np.log(0.35)))),
        brightest=float(rng.uniform(0.5, 1.0)) if rng.random() < 0.4 else None,
        sensitivity=12.0 * float(np.exp(rng.uniform(np.log(0.3), np.log(3.0)))),
        lag_s=float(rng.uniform(0.3, 2.5)),
        shutter_max_s=float(rng.uniform(0.01, 0.12)),
        gain_max=float(rng.uniform(8.0, 48.0)),
    )
    codec = CodecSettings(
        int(rng.integers(25, 98)), float(rng.uniform(0.0, 0.9)), int(rng.integers(200_000, 3_000_000))
    )
    rose, blue = float(rng.uniform(-0.03, 0.15)), float(rng.uniform(-0.05, 0.15))
    return LensSettings(optics, sensor, exposure, codec, (1 + rose, 1 - max(rose, blue), 1 + blue))
