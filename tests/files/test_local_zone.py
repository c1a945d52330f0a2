"""The time zone of this machine: who names it, and which names count."""

from pathlib import Path

import pytest

from overnight.files import local_zone as zones
from overnight.files.local_zone import find_zone, local_zone


def test_a_zone_is_one_that_this_machine_knows() -> None:
    """Not a path or a folder."""
    assert not any(map(find_zone, ("", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "a\x00b")))
    assert find_zone("Europe/Berlin")


def test_the_zone_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By TZ, by the link of /etc/localtime, by /etc/timezone; else nobody says."""
    assert local_zone({"TZ": ":America/New_York"}) == "America/New_York"
    monkeypatch.setattr(zones, "LOCALTIME", Path("/nowhere/zoneinfo/Asia/Kathmandu"))
    assert local_zone({"TZ": "EST5EDT4,M3.2.0,M11.1.0"}) == "Asia/Kathmandu"
    monkeypatch.setattr(zones, "LOCALTIME", Path("/nowhere/localtime"))
    monkeypatch.setattr(zones, "TIMEZONE", tmp_path / "timezone")
    assert local_zone({}) == ""
    (tmp_path / "timezone").write_text("Europe/Berlin\n")
    assert local_zone({}) == "Europe/Berlin"
