"""`nattvakt node`: the process that sees. It watches while the permit allows it and is dark otherwise."""

from contextlib import ExitStack

from firmware.config_file import load_node
from firmware.core.watch import State
from firmware.node import run
from nattvakt.assemble import build_node, read_basis
from nattvakt.service import log_to_journal, parse, stop_on_signals


def main(argv: list[str]) -> int:
    """Run until SIGTERM. With --check: exit status 1 where configuration, model or permit are not as they should be."""
    args = parse(argv, "node", __doc__)
    log_to_journal()
    config = load_node(args.config)
    stop = stop_on_signals()
    basis = read_basis(config)
    if args.check:
        verdict = basis.law()
        print(f"{args.config}: {verdict.state}: {verdict.fault or 'no fault'}: {verdict.reason}")
        return 1 if verdict.state is State.FAULT else 0
    with ExitStack() as stack:
        parts = build_node(basis, stack)
        parts.watchdog.ready()
        run(parts, stop)
    return 0
