"""Which addresses no job reaches."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.egress.addresses import refusal

INNER = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "93.184.215.14")  # the last is public: it is refused in a wrapping too


def wrapped(inner: str) -> list[str]:
    """The IPv6 forms in which an IPv4 address can hide."""
    number = int(ipaddress.IPv4Address(inner))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"::ffff:{inner}",
        f"::{inner}",
        f"64:ff9b::{inner}",
        f"64:ff9b:1::{inner}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::1",
        f"2001:0:5ef5:79fb:0:0:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",
        f"2606:2800::5efe:{high:x}:{low:x}",
        f"2606:2800::200:5efe:{high:x}:{low:x}",
        f"fe80::5efe:{high:x}:{low:x}",
    ]


REFUSED = [
    *("0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16"),
    *("169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1"),
    *("192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "2606:2800::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254"),
    *("fd20:ce::254", "ff02::1", "ff0e::1", "100::1", "2001:db8::1", "2001:2::1", "2001:10::1", "2001:20::1", "3fff::1"),
    *("5f00::1", "4000::1", "1::1"),
    *(form for inner in INNER for form in wrapped(inner)),
]


@pytest.mark.parametrize("text", REFUSED)
def test_no_job_reaches_it(text: str) -> None:
    """Private, local, reserved and metadata addresses, and IPv4 in any IPv6 form, are refused, each with its reason."""
    assert refusal(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["93.184.215.14", "1.1.1.1", "151.101.0.223", "2606:2800::1", "2a04:4e42::223", "2001:4860::8888"]
)
def test_a_public_one_is_reached(text: str) -> None:
    """Hosts of the public internet are reached."""
    assert refusal(ipaddress.ip_address(text)) == ""


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address) | st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address))
def test_what_python_calls_private_is_refused(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """No address that is not global, by the standard library, is reached."""
    assert refusal(address) or (address.is_global and not address.is_multicast and not address.is_reserved)
