"""Leases, on a clock of the test."""

from overnight.machines.nodes.leases import Leases


def test_a_lease_ends_unless_it_is_renewed() -> None:
    """To the second; each name has its own, and a released one is forgotten."""
    now = [0.0]
    leases = Leases(lambda: now[0], 120.0)
    for name in ("a", "b", "c"):
        leases.renew(name)
    now[0] = 119.0
    leases.renew("b")
    leases.release("c")
    assert leases.lapsed() == []
    now[0] = 120.0
    assert leases.lapsed() == ["a"]
    now[0] = 239.0
    assert leases.lapsed() == ["a", "b"]
    leases.release("a")
    assert leases.lapsed() == ["b"]
