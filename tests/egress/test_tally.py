"""The record of a job's connections: bounded, and whole in its numbers."""

from hypothesis import given
from hypothesis import strategies as st

from overnight.egress.connection import Connection, HostUse, Outcome, Tally, by_host

connections = st.builds(
    Connection,
    host=st.sampled_from([f"h{n}.org" for n in range(12)]),
    port=st.sampled_from([80, 443]),
    address=st.sampled_from(["", "1.1.1.1", "1.0.0.1"]),
    bytes_up=st.integers(0, 9),
    bytes_down=st.integers(0, 9),
    began=st.just(0.0),
    wall_s=st.just(0.5),
    outcome=st.sampled_from(Outcome),
    reason=st.sampled_from(["", "a", "b"]),
)


@given(st.lists(connections, max_size=60), st.integers(1, 5))
def test_nothing_is_lost(every: list[Connection], most: int) -> None:
    """However little room there is, counts, bytes and times of each outcome are those of all connections."""
    tally = Tally(most)
    for one in every:
        tally.add(one)
    kept = tally.connections
    assert len(kept) <= 3 * most + len(Outcome)
    for outcome in Outcome:
        found = [one for one in kept if one.outcome is outcome]
        true = [one for one in every if one.outcome is outcome]
        assert sum(one.count for one in found) == len(true)
        assert sum(one.bytes_up for one in found) == sum(one.bytes_up for one in true)
        assert sum(one.bytes_down for one in found) == sum(one.bytes_down for one in true)
        assert sum(one.wall_s for one in found) == sum(one.wall_s for one in true)


@given(st.lists(connections, max_size=40), st.integers(1, 5), st.integers(0, 40))
def test_hosts_are_added_up_whatever_the_order(every: list[Connection], most: int, cut: int) -> None:
    """What was added up before goes on: the sums are those of all, and there are not more hosts than there is room for."""
    uses = by_host(every[cut:], by_host(every[:cut], most=most), most=most)
    assert len(uses) <= 2 * most + 1
    assert sum(use.reached + use.refused + use.failed for use in uses.values()) == len(every)
    assert sum(use.bytes_up for use in uses.values()) == sum(one.bytes_up for one in every)


def test_what_was_cut_was_reached() -> None:
    """A connection that we cut has moved bytes, so its host was reached."""
    cut = Connection(host="a.org", port=443, bytes_up=3, began=0.0, outcome=Outcome.CUT, reason="x", count=2)
    assert by_host([cut]) == {"a.org": HostUse(reached=2, bytes_up=3, reason="x")}
