"""Puts the lamp out after the node's process is gone, however it went: ExecStopPost of nattvakt-node.service."""

import sys
from pathlib import Path

from firmware.config_file import load_node
from firmware.drivers.illuminator_gpio import lamp_off
from firmware.errors import NodeError


def main(argv: list[str]) -> int:
    """`python -m firmware.lamp_off NODE.toml`; 0 where the lamp is dark or there is none."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m firmware.lamp_off NODE.toml\n")
        return 2
    try:
        illuminator = load_node(Path(argv[0])).illuminator
        if illuminator.driver == "gpio":
            lamp_off(illuminator.pin)
    except NodeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
