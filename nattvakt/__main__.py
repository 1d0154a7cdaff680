"""The command line: `nattvakt VERB ...`. Each verb's module is loaded only when it is asked for."""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from firmware.errors import NodeError
from models.manifest import ManifestError
from wire.errors import WireError


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a verb's `main(argv) -> exit status` lives, and which extra its libraries come with."""

    module: str
    extra: str
    says: str


VERBS = {
    "demo": Verb("nattvakt.demo", "dev", "watch one night on a lot, from a frame to an operator's screen"),
    "node": Verb("nattvakt.node_command", "node", "see: camera, detector, behaviour, alarms (on the pole)"),
    "link": Verb("nattvakt.link_command", "node", "speak: the outbox to the broker (on the pole)"),
    "replay": Verb("nattvakt.replay_command", "node", "run the same pipeline over a film or a folder of pictures"),
    "alarms": Verb("alarmcentre.cli", "centre", "print alarms as they come, save stills and clips (alarm centre)"),
    "provision": Verb("provisioning.cli", "provisioning", "certificates and the broker's configuration (technician)"),
    "custody": Verb("custody.cli", "custody", "sign and read the permit (custodians)"),
    "model": Verb("models.cli", "node", "train, measure, pack and try detector models (maintainer)"),
    "simulate": Verb("simulator.cli", "simulator", "nights that never happened, with ground truth"),
    "bench": Verb("nattvakt.bench", "dev", "measure delays on this machine"),
    "doctor": Verb("nattvakt.doctor", "node", "tell what this machine has and lacks for each role"),
}


def usage() -> str:
    """One line a verb."""
    lines = [f"  {name:<10} {verb.says}" for name, verb in VERBS.items()]
    return "usage: nattvakt VERB [options]   (nattvakt VERB --help)\n\n" + "\n".join(lines)


def load(name: str) -> Callable[[list[str]], int]:
    """The verb's main function. Raises NodeError where its libraries are not installed."""
    verb = VERBS[name]
    try:
        main: Callable[[list[str]], int] = importlib.import_module(verb.module).main
    except ModuleNotFoundError as missing:
        raise NodeError(f"needs the Python package {missing.name!r}: pip install 'nattvakt[{verb.extra}]'") from missing
    return main


def run(argv: list[str]) -> int:
    """Run one verb; exit status 0 is success, 1 a fault of the world, 2 a wrong command, 130 Ctrl-C."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0 if argv else 2
    name, rest = argv[0], argv[1:]
    if name not in VERBS:
        print(f"nattvakt: there is no verb {name!r}; the verbs are {', '.join(VERBS)}", file=sys.stderr)
        return 2
    try:
        return load(name)(rest)
    except (NodeError, WireError, ManifestError) as error:
        print(f"nattvakt {name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def main() -> None:
    """Entry point of the command `nattvakt`."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
