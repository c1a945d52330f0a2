"""What jobs reached over the network, in the record and in the views."""

from builders import opened, proposed, session, trial

from overnight.agents.own.prompt import ADVISE, SYSTEM, in_jail
from overnight.egress.connection import Connection, HostUse, Outcome
from overnight.jail.job import Limits
from overnight.program.network import network_notes
from overnight.program.parser import parse_program
from overnight.research.briefs.target import limits_text
from overnight.research.event_text import decode, encode
from overnight.research.events import Event, NetworkUsed
from overnight.research.history import experiment_number
from overnight.research.record.port import Recorded
from overnight.research.snapshot import dump_state, load_state
from overnight.research.state import fold_all
from overnight.research.story.narrator import tell_story
from overnight.research.views.facts import cost_facts
from overnight.research.views.network import HOSTS, network_lines

REACHED = Connection(
    host="pypi.org",
    port=443,
    address="151.101.0.223",
    bytes_up=900,
    bytes_down=5000,
    began=1.5,
    wall_s=0.2,
    outcome=Outcome.REACHED,
)
REFUSED = Connection(host="evil.org", port=443, began=1.7, outcome=Outcome.REFUSED, reason="not on the list", count=3)


def test_events_add_up_in_the_state_and_in_a_snapshot() -> None:
    """The state has the sums by host, of trials and of agents; a snapshot keeps them."""
    used = NetworkUsed(number=1, connections=(REACHED, REFUSED))
    asked = NetworkUsed(role="reader", number=7, connections=(REACHED,))
    state = fold_all([opened(), session(), proposed(1), used, trial(1), asked])
    assert state and state.network == {
        "pypi.org": HostUse(reached=2, bytes_up=1800, bytes_down=10_000),
        "evil.org": HostUse(refused=3, reason="not on the list"),
    }
    assert load_state(dump_state(state)) == state


def test_an_event_belongs_to_its_experiment() -> None:
    """Those of trials are found with their experiment; those of agents and of the head's trials are the campaign's."""
    assert experiment_number(NetworkUsed(number=4, connections=())) == 4
    assert experiment_number(NetworkUsed(number=0, connections=())) is None
    assert experiment_number(NetworkUsed(role="reader", number=4, connections=())) is None
    used = NetworkUsed(number=1, connections=(REACHED, REFUSED))
    assert decode(encode(used)) == used


def test_lines_for_people() -> None:
    """A line for each host, what got most data first; names are made printable, and many hosts are a few lines."""
    network = {
        "evil.org": HostUse(refused=3, reason="not listed"),
        "a\x1b.org": HostUse(failed=1),
        "pypi.org": HostUse(reached=1, bytes_up=900),
    }
    assert network_lines({**network, "": HostUse(refused=1)}) == [
        "pypi.org: 1 connection, 900 B sent, 0 B received",
        "evil.org: refused 3 times (not listed)",
        "others: refused 1 time",
        r"a\x1b.org: failed 1 time",
    ]
    assert network_lines({f"h{n}.org": HostUse(refused=1) for n in range(100)})[HOSTS:] == [f"and {100 - HOSTS} further hosts"]
    assert network_lines({}) == []


def test_the_report_has_the_hosts() -> None:
    """What was reached and refused stands among the costs of a report, and nothing does without a network."""
    events: list[Event] = [opened(), session(), NetworkUsed(connections=(REACHED, REFUSED))]
    for count, shown in (
        (2, ""),
        (3, "pypi.org: 1 connection, 900 B sent, 5 kB received; evil.org: refused 3 times (not on the list)"),
    ):
        recorded = [Recorded(seq=n, at=float(n), event=event, digest="") for n, event in enumerate(events[:count], 1)]
        story = tell_story(recorded, parse_program(opened().program, "program.md"))
        assert dict(cost_facts(story))["Network"] == shown


def test_researchers_and_people_are_told_of_the_list() -> None:
    """A brief names the hosts; a note says what they cost, and that a proxy of the user's own is not used."""
    listed = Limits(hosts=("pypi.org", "*.example.com"))
    assert limits_text(listed).endswith(" and, of the network, only pypi.org, *.example.com over http(s)")
    assert limits_text(Limits()).endswith(" and no network")
    assert in_jail(SYSTEM, Limits()) == SYSTEM and "a jail without network," in SYSTEM and "a jail without network," in ADVISE
    assert "in a jail that reaches only pypi.org, *.example.com, through" in in_jail(SYSTEM, listed)
    assert "in a jail, and" in in_jail(ADVISE, Limits(network="host"))
    assert network_notes(Limits(), {"HTTPS_PROXY": "x"}) == ()
    assert "trials have the network" in network_notes(Limits(network="host"), {})[0]
    (note,) = network_notes(listed, {"NO_PROXY": "x", "HTTPS_PROXY": ""})
    assert note.startswith("trials reach pypi.org, *.example.com: what they fetch may change")
    assert "the proxy of your https_proxy is not used" in network_notes(listed, {"https_proxy": "http://me:pw@x"})[1]
