"""Deviant behaviour: one file per rule, all on the same scene."""

from firmware.core.behaviour.engine import Behaviour

__all__ = ["Behaviour"]
