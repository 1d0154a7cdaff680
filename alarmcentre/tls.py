"""The centre's certificate and key, checked before use, so that what is wrong is said in one clear line."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from alarmcentre.errors import CentreError


@dataclass(frozen=True, slots=True)
class CentreIdentity:
    """Files in PEM: whom we trust, who we are."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Checked:
    """A usable identity. `name` is the certificate's CN: the MQTT user name and client id."""

    name: str
    context: ssl.SSLContext


def check_identity(identity: CentreIdentity, now_utc: datetime) -> Checked:
    """Raises CentreError naming the file at fault and what would be right."""
    for path in (identity.ca, identity.cert, identity.key):
        try:
            path.read_bytes()
        except OSError as error:
            raise CentreError(f"{path}: {error.strerror}") from error
    _check_span(identity.ca, now_utc, "make a new authority")
    name = _check_span(identity.cert, now_utc, "issue a new one with: nattvakt provision centre")
    if not name.startswith("centre"):
        raise CentreError(
            f"{identity.cert} is the certificate of {name!r}; a centre's name begins with 'centre', and to any other "
            "the broker gives no alarms: issue one with: nattvakt provision centre"
        )
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(identity.ca))
    except ssl.SSLError as error:
        raise CentreError(f"{identity.ca} holds no certificate in PEM") from error
    try:
        # With a password given, though an empty one, nobody is asked for one at the terminal.
        context.load_cert_chain(identity.cert, identity.key, password="")
    except ssl.SSLError as error:
        raise CentreError(
            f"{identity.key} is not the private key of {identity.cert}, in PEM without a password"
        ) from error
    return Checked(name, context)


def _check_span(path: Path, now_utc: datetime, remedy: str) -> str:
    try:
        cert = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise CentreError(f"{path} is not a certificate in PEM") from error
    if now_utc > cert.not_valid_after_utc:
        raise CentreError(f"{path} expired on {cert.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC: {remedy}")
    if now_utc < cert.not_valid_before_utc:
        raise CentreError(
            f"{path} is not valid before {cert.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC, and this machine's clock "
            f"says {now_utc:%Y-%m-%d %H:%M:%S}: is the clock right?"
        )
    names = cert.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
