"""`nattvakt provision`: an authority, certificates, and the broker's configuration."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from firmware.drivers.files import write_atomic
from provisioning.authority import (
    LEAF_LIFE,
    Authority,
    Identity,
    Role,
    check_name,
    make_folder,
    make_key,
    make_request,
)
from provisioning.broker import BrokerSettings, check_settings, write_files
from provisioning.errors import ProvisionError


def main(argv: Sequence[str]) -> int:
    """Do one step of provisioning. Raises ProvisionError saying what is wrong and what would be right."""
    wanted = _parser().parse_args(argv)
    wanted.do(wanted)
    return 0


def _ca(wanted: argparse.Namespace) -> None:
    authority = Authority.create(wanted.folder)
    print(f"authority: {authority.ca} goes to every node, centre and broker")
    print(f"           {wanted.folder / 'ca.key'} stays here: whoever has it can make nodes; keep a copy in a safe")


def _request(wanted: argparse.Namespace) -> None:
    role = Role.CENTRE if wanted.name.startswith("centre") else Role.NODE
    check_name(wanted.name, role)
    make_folder(wanted.out)
    request = wanted.out / "request.pem"
    write_atomic(request, make_request(make_key(wanted.out / "key.pem"), wanted.name))
    print(f"key:     {wanted.out / 'key.pem'} stays on this machine")
    print(f"request: {request} goes to the authority,")
    print(f"         for: nattvakt provision {role.value} {wanted.name} --ca DIR --request {request.name}")


def _issue(wanted: argparse.Namespace) -> None:
    authority = Authority.open(wanted.ca)
    role = Role(wanted.role)
    if wanted.request is not None:
        _sign(authority, role, wanted)
        return
    made = authority.issue_node(wanted.name) if role is Role.NODE else authority.issue_centre(wanted.name)
    _tell(made)


def _sign(authority: Authority, role: Role, wanted: argparse.Namespace) -> None:
    try:
        request = wanted.request.read_bytes()
    except OSError as error:
        raise ProvisionError(f"{wanted.request}: {error.strerror}") from error
    cert = authority.sign(request, role, wanted.name)
    path = wanted.request.with_name("cert.pem")
    write_atomic(path, cert)
    print(f"certificate: {path}, good for {LEAF_LIFE.days} days; put it, and {authority.ca}, beside the key")


def _broker(wanted: argparse.Namespace) -> None:
    authority = Authority.open(wanted.ca)
    settings = BrokerSettings(
        port=wanted.port, address=wanted.address, centres=tuple(wanted.centre or ["centre-1"]), user=wanted.user
    )
    check_settings(settings)
    server = authority.issue_server(wanted.name, wanted.ip)
    make_folder(wanted.out)
    config = write_files(wanted.out.resolve(), server, settings)
    print(f"broker: mosquitto -c {config}")
    print(f"        it knows all nodes of this authority, and the centres {', '.join(settings.centres)}")


def _tell(made: Identity) -> None:
    print(f"certificate: {made.cert}, good for {LEAF_LIFE.days} days")
    print(f"key:         {made.key}")
    print(f"authority:   {made.ca}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nattvakt provision", description="Certificates and a broker's configuration."
    )
    steps = parser.add_subparsers(required=True, metavar="STEP")
    ca = steps.add_parser("ca", help="make an authority in a folder")
    ca.add_argument("folder", type=Path)
    ca.set_defaults(do=_ca)
    request = steps.add_parser(
        "request", help="on a pole or at a centre: make a key, and a request for its certificate"
    )
    request.add_argument("name", help="n07, pole-017, ...; a centre's begins with 'centre'")
    request.add_argument("--out", type=Path, required=True, metavar="DIR")
    request.set_defaults(do=_request)
    for role, example in ((Role.NODE, "n07"), (Role.CENTRE, "centre-1")):
        issue = steps.add_parser(role.value, help=f"issue a {role.value}'s certificate")
        issue.add_argument("name", help=f"for example {example}")
        issue.add_argument("--ca", type=Path, required=True, metavar="DIR", help="the authority's folder")
        issue.add_argument("--request", type=Path, metavar="FILE", help="sign this; without it the key is made here")
        issue.set_defaults(do=_issue, role=role.value)
    _add_broker(steps.add_parser("broker", help="write a mosquitto configuration, with its certificate and ACL"))
    return parser


def _add_broker(broker: argparse.ArgumentParser) -> None:
    broker.add_argument("name", help="the host name under which nodes and centres find the broker")
    broker.add_argument("--ca", type=Path, required=True, metavar="DIR", help="the authority's folder")
    broker.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the configuration goes")
    broker.add_argument("--ip", action="append", default=[], help="an address for its certificate (may be repeated)")
    broker.add_argument("--port", type=_port, default=8883, help="default 8883")
    broker.add_argument("--address", default="0.0.0.0", help="listen here (default: everywhere)")
    broker.add_argument("--centre", action="append", metavar="NAME", help="may be repeated; default centre-1")
    broker.add_argument("--user", default="", help="run as this user (default: mosquitto)")
    broker.set_defaults(do=_broker)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)
