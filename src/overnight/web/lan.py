"""Serving to devices of the local network: a certificate of our own, and the addresses that they reach this machine by.

No authority vouches for the certificate, so a browser warns at the first visit. What tells it from another's is its
fingerprint: in the terminal, and behind `#` in the link of the QR code, which a browser sends to nobody.

Does not cover: who opens the link in spite of another fingerprint; half-open TLS connections of a flood from the network,
which end after ten seconds each.
"""

import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from shlex import quote

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import claim_folder, make_folder, read_own

FILE = "lan.pem"  # the certificate and its key
VALID = timedelta(days=825)  # Apple's devices take none that lasts longer
MOST_BYTES = 16 * 1024
FIX = f"{quote(sys.executable)} -m pip install 'overnight[lan]'"  # of this installation, whatever `pip` is on PATH
_INTERFACES = Path("/proc/net/if_inet6")
_ADDRESS_OF = 0x8915  # SIOCGIFADDR of Linux: the IPv4 address of an interface
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Our own, with its key in the same file."""

    path: Path
    fingerprint: str  # SHA-256 of its bytes, as browsers show it

    def context(self) -> ssl.SSLContext:
        """What a server speaks TLS with."""
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.set_alpn_protocols(["http/1.1"])
        made.load_cert_chain(self.path)
        return made


def certificate(folder: Path, now: datetime | None = None) -> Certificate:
    """The certificate of this machine; made at the first call, and again when it is no longer valid.

    Raises:
        UserError: the extra `lan` is not installed, or the file is not ours.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding
    except ImportError:
        raise UserError("--lan needs the extra `lan`", fix=FIX) from None
    now, path = now or datetime.now(UTC), folder / FILE
    make_folder(folder.parent)
    make_folder(folder)
    claim_folder(folder)
    found = None
    with suppress(FileNotFoundError, ValueError):
        found = x509.load_pem_x509_certificate(read_own(path, MOST_BYTES))
    if found is None or not found.not_valid_before_utc <= now < found.not_valid_after_utc:
        write_atomically(path, _new(now))
        found = x509.load_pem_x509_certificate(read_own(path, MOST_BYTES))
    digest = sha256(found.public_bytes(Encoding.DER)).hexdigest().upper()
    return Certificate(path=path, fingerprint=":".join(digest[at : at + 2] for at in range(0, len(digest), 2)))


def _new(now: datetime) -> bytes:
    """A key, and a certificate that it signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "overnight")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("overnight.localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM) + secret


def own_addresses() -> Sequence[Address]:
    """The addresses of this machine that other devices may reach it by; the one of its default route first."""
    found: list[Address] = [*_routed(), *_of_interfaces(), *_of_proc()]
    return [each for each in dict.fromkeys(found) if not (each.is_loopback or each.is_link_local or each.is_unspecified)]


def bracketed(address: Address) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004  # the version


def _routed() -> Sequence[Address]:
    """The address that packets to elsewhere leave by; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked, suppress(OSError):
        asked.connect(("192.0.2.1", 9))  # for documentation: nobody has it
        return [ip_address(asked.getsockname()[0])]
    return []


def _of_interfaces() -> Sequence[Address]:
    from fcntl import ioctl

    found: list[Address] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it has none
                found.append(ip_address(ioctl(asked.fileno(), _ADDRESS_OF, name.encode()[:15].ljust(256, b"\0"))[20:24]))
    return found


def _of_proc() -> Sequence[Address]:
    try:
        lines = _INTERFACES.read_text().splitlines()
    except OSError:
        return []
    return [ip_address(bytes.fromhex(line.split()[0])) for line in lines]


def qr_code(text: str) -> str:
    """A text as a QR code of half blocks, for a terminal.

    Raises:
        UserError: the extra `lan` is not installed.
    """
    import io

    try:
        import segno
    except ImportError:
        raise UserError("--lan needs the extra `lan`", fix=FIX) from None
    written = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(written, compact=True)
    return written.getvalue()
