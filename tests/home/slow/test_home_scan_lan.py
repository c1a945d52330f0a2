"""A scan of a private LAN of ten twins: all are found as what they are, also beside a host that floods."""

import json
from pathlib import Path

import pytest
from home_flood import ADDRESS
from home_lan import SUBNET, Lan, lan

RUN = "import runpy, sys; sys.argv = ['overnight', *sys.argv[1:]]; runpy.run_module('overnight', run_name='__main__')"


def scan(network: Lan, *options: str) -> dict[str, object]:
    """What `overnight home scan` prints in the client's namespace."""
    found: dict[str, object] = json.loads(network.python(RUN, "home", "scan", "--subnet", SUBNET, "--json", *options))
    return found


def kinds(found: dict[str, object]) -> dict[str, str]:
    """The kinds by address."""
    rows = found["seen"]
    assert isinstance(rows, list)
    return {each["address"].partition(":")[0]: each["kind"] for each in rows}


def test_ten_of_ten_are_found_as_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each twin by its kind and nothing else; of one kind, only that; a second scan finds no change."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with lan() as network:
        right = {each["address"]: each["family"] for each in network.twins.values()}
        found = scan(network)
        assert kinds(found) == right and found["is_complete"] and not found["notes"]
        players = {address: kind for address, kind in right.items() if kind == "sonos"}
        assert kinds(scan(network, "--kind", "sonos")) == players
        found = scan(network)
        assert isinstance(found["seen"], list)
        assert {each["change"] for each in found["seen"]} == {""} and not found["gone"]


def test_a_host_that_floods_hides_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty thousand answers of one host: bounded, counted, and the ten are found."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with lan() as network, network.beside("home_flood.py"):
        right = {each["address"]: each["family"] for each in network.twins.values()}
        found = scan(network)
        seen = kinds(found)
        seen.pop(ADDRESS)
        assert seen == right and found["is_complete"]
        assert isinstance(found["notes"], list)
        assert any("were not looked at" in note for note in found["notes"])
