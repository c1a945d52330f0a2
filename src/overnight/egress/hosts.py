"""Hosts as a program lists them and as a job asks for them: one spelling for each, and which list has which.

Pure. Does not cover: who owns a name. `*.github.io` lists what anybody may put there.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from overnight.egress.addresses import Address, refusal

DEFAULT_PORTS = (443, 80)
HIGHEST_PORT = 65535
LONGEST_NAME = 253  # characters of a name without its last dot; RFC 1035, section 2.3.4
_LEAST_LABELS = 2  # a name without a dot is a machine of the local network, if anything
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_TOP = re.compile(r"[a-z][a-z0-9-]*")  # none begins with a digit: `127.1`, `0x7f.1` and `2130706433` are addresses to many
_PORT = re.compile(r"[1-9][0-9]{0,4}")


class BadHost(ValueError):  # noqa: N818  # of a user or a client
    """A text that names no host that could be listed or asked for; says why in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a job asks for."""

    host: str  # canonical; an IPv6 address without brackets
    port: int
    address: Address | None = None  # if the host is one

    def authority(self, default_port: int = 0) -> str:
        """As it stands in a URL; the port is left out if it is the default one."""
        host = f"[{self.host}]" if isinstance(self.address, ipaddress.IPv6Address) else self.host
        return host if self.port == default_port else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """One entry of a list: a name, all names below one, or an address, each with its ports."""

    host: str  # canonical; `*.example.com`: all below `example.com`, but not itself
    ports: tuple[int, ...] = DEFAULT_PORTS

    def __str__(self) -> str:
        """As a program lists it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.ports == DEFAULT_PORTS else f"{host}:{self.ports[0]}"

    def allows(self, target: Target) -> bool:
        """Whether a target is listed by this entry; an address only if it is written here itself."""
        if target.port not in self.ports:
            return False
        below = self.host.startswith("*.") and target.address is None and target.host.endswith(self.host[1:])
        return below or target.host == self.host


def allows(rules: Iterable[HostRule], target: Target) -> bool:
    """Whether some entry lists a target."""
    return any(rule.allows(target) for rule in rules)


def read_rule(text: str) -> HostRule:
    """An entry such as `pypi.org`, `*.example.com:8443`, `93.184.215.14` or `[2606:2800::1]:443`.

    Raises:
        BadHost: it is no such entry, or lists what is never reached.
    """
    if "/" in text:
        raise BadHost("it is a URL: write the host alone, and its port if that is neither 443 nor 80")
    if text == "*":
        raise BadHost("it is every host: list those that jobs need, such as `pypi.org` or `*.example.com`")
    below = text.startswith("*.")
    host, port = _split(text.removeprefix("*."))
    name, address = canonical(host)
    if address is not None and (below or (why := refusal(address))):
        raise BadHost("an address has nothing below it" if below else f"{name} is {why}, which no job reaches")
    return HostRule(host=f"*.{name}" if below else name, ports=(port,) if port else DEFAULT_PORTS)


def read_target(text: str, default_port: int = 0) -> Target:
    """The target of an authority such as `pypi.org:443`; without a default port it must have one.

    Raises:
        BadHost: it is none.
    """
    host, port = _split(text)
    name, address = canonical(host)
    if not (port or default_port):
        raise BadHost("it has no port")
    return Target(host=name, port=port or default_port, address=address)


def canonical(host: str) -> tuple[str, Address | None]:
    """The one spelling of a name or an address in it, and the address: lower case, no last dot, IPv6 without brackets.

    Raises:
        BadHost: it is neither; so is an address in any form but the usual one, as by a number, in octal or with a zone.
    """
    if not host.isascii():
        raise BadHost("a name has ASCII letters only: write its `xn--` form")
    if host.startswith("["):
        address: Address | None = _address(host[1:-1], ipaddress.IPv6Address) if host.endswith("]") else None
        if address is None:
            raise BadHost("what is in brackets is no IPv6 address")
        return address.compressed, address
    if (address := _address(host, ipaddress.IPv4Address)) is not None:
        return address.compressed, address
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise BadHost("it is no name of a host")
    if len(labels) < _LEAST_LABELS or not _TOP.fullmatch(labels[-1]):
        raise BadHost("it is no full name of a host, such as `pypi.org`")
    return name, None


def _address(text: str, kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]) -> Address | None:
    try:
        return None if "%" in text else kind(text)
    except ValueError:
        return None


def _split(text: str) -> tuple[str, int]:
    """Host and port; 0 if there is none."""
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        return text, 0
    if not _PORT.fullmatch(port) or int(port) > HIGHEST_PORT:
        raise BadHost("its port is no number from 1 to 65535; an IPv6 address stands in brackets")
    return host, int(port)
