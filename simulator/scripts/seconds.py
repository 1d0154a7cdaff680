"""How long a behaviour must last until it is known: the labels' `start_s` is its beginning and this.

Where the node has a rule, its default seconds; where it has none yet, a constant with its reason.
"""

from firmware.config import Rules

_RULES = Rules()

TAMPERING_S = _RULES.tampering.dwell_s
LOITERING_S = _RULES.loitering.dwell_s
FIRE_S = _RULES.fire.confirm_s
SMOKE_S = _RULES.fire.smoke_confirm_s
VISITS = _RULES.prowling.vehicles
VISIT_S = _RULES.prowling.visit_s

DAMAGE_S = 1.0
"""After the first blow: it has landed, and the arm is seen to come back for the next."""

FIGHT_S = 3.0
"""A greeting, a hug or a shove is over in two seconds."""

INTRUSION_S = 2.0
"""One step over the line and back again is a mistake."""

CAMERA_S = 10.0
"""A passing lorry, a bird or a gust takes the view for some seconds; what lasts longer was done to the camera. Alarms
are due within 30 s of the deed (acceptance A15), which the window of 10 s after this keeps."""
