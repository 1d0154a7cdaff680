"""Mitsuba, made ready: the variant that shoots many rays at once, or one clear message why there is none.

`scalar_rgb` needs nothing but the wheel, but took three times as long here for as many rays, and takes no formulas of
our own for a beam, a reflector or a surface. `llvm_ad_mono` compiles our own formulas; it needs LLVM 15 or
newer, which Mesa's llvmpipe (the fast renderer) brings along. LLVM 15 and 16 end the process at a floating-point
minimum or maximum on x86 ("Cannot select: fminimum"), so the code beside this file compares and selects instead.
"""

from firmware.errors import CameraError

VARIANT = "llvm_ad_mono"
_NO_MITSUBA = "the fine renderer needs Mitsuba 3: pip install 'nattvakt[simulator]'"
_NO_LLVM = (
    f"the fine renderer needs Mitsuba's variant {VARIANT}, which this machine cannot run: pip install "
    "'nattvakt[simulator]' for Mitsuba 3.6 or newer, apt install libllvm15 (or newer) for LLVM"
)


def make_ready() -> None:
    """Loads Mitsuba and chooses the variant, for the calling thread. CameraError: it is not there, or has no LLVM."""
    try:
        import mitsuba
    except ImportError as error:
        raise CameraError(_NO_MITSUBA) from error
    if mitsuba.variant() == VARIANT:
        return
    try:
        mitsuba.set_variant(VARIANT)
    except (ImportError, AttributeError) as error:
        raise CameraError(_NO_LLVM) from error
