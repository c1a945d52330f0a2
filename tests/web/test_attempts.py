"""How many wrong tokens are answered in detail."""

from overnight.web.attempts import ADDRESSES, MOST, WINDOW_S, Attempts


def test_the_bound_is_of_a_minute_and_an_address() -> None:
    """One that has too many is answered again a minute later; another one is not concerned."""
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    assert [attempts.counts("192.0.2.1") for _ in range(MOST + 1)] == [True] * MOST + [False]
    assert attempts.counts("192.0.2.2")
    now[0] += WINDOW_S - 1
    assert not attempts.counts("192.0.2.1")
    now[0] += 1
    assert attempts.counts("192.0.2.1")


def test_no_flood_of_addresses_is_remembered() -> None:
    """The one that was silent for longest is forgotten."""
    attempts = Attempts(lambda: 0.0)
    for _ in range(MOST):
        attempts.counts("192.0.2.1")
    for number in range(ADDRESSES - 1):
        attempts.counts(f"2001:db8::{number:x}")
    assert not attempts.counts("192.0.2.1")  # it is the newest now
    for number in range(ADDRESSES):
        attempts.counts(f"2001:db8:1::{number:x}")
    assert attempts.counts("192.0.2.1")
