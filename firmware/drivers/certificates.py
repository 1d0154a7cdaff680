"""The node's certificate for the broker, looked at before it is used: a message that names a file beats a TLS alert."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import NameOID

from firmware.errors import LinkError


@dataclass(frozen=True, slots=True)
class Identity:
    """PEM files: whom we trust, who we are, and the key that proves it."""

    ca: Path
    cert: Path
    key: Path


def check(identity: Identity, name: str, now_utc: datetime | None) -> datetime:
    """Look at the files; gives when the certificate ends. `now_utc` is None while the clock is not trusted.

    Raises LinkError that names the file and what would be right.
    """
    authorities = _certificates(identity.ca, "broker.ca", "the certificate of the authority that signed the broker's")
    cert = _certificates(identity.cert, "broker.cert", "this node's certificate")[0]
    key = _key(identity.key)
    if cert.public_key() != key.public_key():
        raise LinkError(
            f"{identity.key} (broker.key) is not the key of {identity.cert} (broker.cert): give both of one pair"
        )
    names = [str(one.value) for one in cert.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [name]:
        said = ", ".join(repr(one) for one in names) or "nobody"
        raise LinkError(f"{identity.cert} (broker.cert) is for {said}; this node is {name!r} (key `node`)")
    if now_utc is not None:
        for file, what, certs in ((identity.ca, "broker.ca", authorities), (identity.cert, "broker.cert", [cert])):
            for one in certs:
                _check_dates(file, what, one, now_utc)
    return cert.not_valid_after_utc


def tls_context(identity: Identity) -> ssl.SSLContext:
    """TLS 1.2 or later, the broker's certificate and host name checked. Raises LinkError for files that do not fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(identity.ca)
        context.load_cert_chain(identity.cert, identity.key, password="")
    except OSError as error:  # ssl.SSLError is one
        text = f"cannot use {identity.ca}, {identity.cert} and {identity.key} (broker.ca, cert, key): {error}"
        raise LinkError(text) from error
    return context


def _certificates(path: Path, key: str, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path, key, what))
    except ValueError as error:
        raise LinkError(f"{path} ({key}) holds no PEM certificate: it must be {what} ({error})") from error


def _key(path: Path) -> PrivateKeyTypes:
    what = "the private key of this node's certificate"
    try:
        return serialization.load_pem_private_key(_read(path, "broker.key", what), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LinkError(
            f"{path} (broker.key) holds no PEM key without a password: it must be {what} ({error})"
        ) from error


def _read(path: Path, key: str, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LinkError(
            f"{path} ({key}): {error.strerror}; it must be {what}, as a PEM file that this user can read"
        ) from error


def _check_dates(file: Path, what: str, cert: x509.Certificate, now_utc: datetime) -> None:
    since, until = cert.not_valid_before_utc, cert.not_valid_after_utc
    if not since <= now_utc <= until:
        raise LinkError(
            f"{file} ({what}) is good from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC, and it is "
            f"{now_utc:%Y-%m-%d %H:%M} UTC: put a new certificate there, or set the clock"
        )
