"""Certificates of a Dask scheduler and all who talk to it: made for one session, or read from a folder of the user's.

Whoever holds a certificate that the authority has signed can run code on every node; so a session has an authority of its
own, whose key is never written anywhere, and one certificate for all sides.

Does not cover: processes of our own user, on the head and on the nodes, which can read the session's folder.
"""

import os
import ssl
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.files.own import make_folder, open_own, read_regular
from overnight.machines.clusters.machine import EXTRA
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from distributed.security import Security

CA, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"
VALID = timedelta(days=60)  # longer than a session lasts
MOST_BYTES = 256 * 1024  # of one file
FIX = f"{quote(sys.executable)} -m pip install '{EXTRA}'"  # of this installation, whatever `pip` is on PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """A folder with the certificate of an authority, and one that it signed, with its key."""

    folder: Path

    def security(self) -> "Security":
        """How every side speaks TLS: it shows its certificate and demands one of the other."""
        from distributed.security import Security

        certificate, key = str(self.folder / CERTIFICATE), str(self.folder / KEY)
        return Security(
            require_encryption=True,
            tls_ca_file=str(self.folder / CA),
            tls_client_cert=certificate,
            tls_client_key=key,
            tls_scheduler_cert=certificate,
            tls_scheduler_key=key,
            tls_worker_cert=certificate,
            tls_worker_key=key,
        )

    def texts(self) -> dict[str, str]:
        """What the files hold, by their names."""
        return {name: read_regular(self.folder / name, MOST_BYTES).decode() for name in (CA, CERTIFICATE, KEY)}

    def delete_key(self) -> None:
        """Delete the key, at the end of a session."""
        (self.folder / KEY).unlink(missing_ok=True)


def require_extra() -> None:
    """Check that the extra is installed.

    Raises:
        UserError: it is not.
    """
    from importlib.util import find_spec

    if missing := next((name for name in ("distributed", "dask_jobqueue", "cryptography") if find_spec(name) is None), None):
        raise UserError(f"other machines need the extra `machines`: there is no {missing} here", fix=FIX)


def make_certificates(folder: Path, now: datetime | None = None) -> Certificates:
    """New ones for a session, in a folder that is ours alone; those of an earlier session are replaced."""
    make_folder(folder)
    for name, text in _new(now or datetime.now(UTC)).items():
        with os.fdopen(open_own(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as file:
            file.write(text)
    return Certificates(folder=folder)


def read_certificates(folder: Path, now: datetime | None = None) -> Certificates:
    """Those of the user's folder, once they are known to be usable.

    Raises:
        UserError: one is missing, is none, does not fit to its key, or has expired.
    """
    shown = printable(str(folder), 200)
    found = Certificates(folder=folder)
    for name in (CA, CERTIFICATE, KEY):
        try:
            read_regular(folder / name, MOST_BYTES)
        except OSError as error:
            fix = f"put {CA}, {CERTIFICATE} and {KEY} of the scheduler into {shown}"
            raise UserError(f"{shown}/{name} cannot be read: {error.strerror}", fix=fix) from None
    if expires_in_s(folder, now) <= 0:
        raise UserError(f"a certificate in {shown} has expired", fix="get new ones from who runs the scheduler")
    try:
        context = ssl.create_default_context(cafile=folder / CA)
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", "") or str(error)
        fix = f"{KEY} must be the key of {CERTIFICATE}, without a password"
        raise UserError(f"the certificates in {shown} cannot be used: {printable(reason, 100)}", fix=fix) from None
    return found


def expires_in_s(folder: Path, now: datetime | None = None) -> float:
    """Seconds until the first of a folder's certificates expires; negative if one has.

    Raises:
        UserError: one of them cannot be read, or is none.
    """
    from cryptography import x509

    ends = []
    for name in (CA, CERTIFICATE):
        path = printable(str(folder / name), 200)
        try:
            ends += [
                each.not_valid_after_utc for each in x509.load_pem_x509_certificates(read_regular(folder / name, MOST_BYTES))
            ]
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}", fix="put the certificate there") from None
        except ValueError:
            raise UserError(f"{path} is not a certificate in PEM form", fix="put the right file there") from None
    return (min(ends) - (now or datetime.now(UTC))).total_seconds()


def _new(now: datetime) -> dict[str, str]:
    """An authority, and a certificate that it has signed, as PEM; the authority's key is forgotten."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def builder(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "overnight session authority")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))  # clocks differ
            .not_valid_after(now + VALID)
        )

    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    ca = (
        builder("overnight session authority", authority)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(identifier, critical=False)
        .sign(authority, hashes.SHA256())
    )
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        builder("overnight", own)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("overnight.localhost")]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(authority, hashes.SHA256())
    )
    return {
        CA: ca.public_bytes(Encoding.PEM).decode(),
        CERTIFICATE: certificate.public_bytes(Encoding.PEM).decode(),
        KEY: own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    }
