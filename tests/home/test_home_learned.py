"""Unknown devices are learned: by what they say of themselves, or by a driver file that is judged in the jail."""

import json
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from home_learned_twins import RIGHT, Fountain, Lamp, changed, running
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.drivers._http import Http
from overnight.home.drivers._pinned import path_of
from overnight.home.learning.judge import look_at, try_out
from overnight.home.learning.thing import NoDriver, source_of_thing
from overnight.home.record.record import HomeRecord
from overnight.home.things import Trait
from overnight.home.twins.faults import Fault
from overnight.home.twins.http import HttpTwin

READING = 'return {"on": lamp["pw"] == 1, "brightness": lamp["lv"] * 100 / 255}'
TO_BRIGHTNESS = 'round(want["brightness"] * 255 / 100)'
WRONG = {
    "on for off when it reads": changed(('lamp["pw"] == 1', 'lamp["pw"] == 0')),
    "on for off when it writes": changed(("1 if want", "0 if want"), ("else 0", "else 1")),
    "another unit when it writes": changed((TO_BRIGHTNESS, 'round(want["brightness"])')),
    "another unit when it reads": changed(('lamp["lv"] * 100 / 255', 'float(lamp["lv"])')),
    "sets brightness for on": changed(('{"k": "lamp.pw", "to": 1 if want["on"] else 0}', '{"k": "lamp.lv", "to": 9}')),
    "does not write": changed(('"lamp.lv", "to"', '"lamp.pw", "to"')),
    "reads what it does not describe": changed(('return {"on"', 'return {"hue": 1, "on"')),
    "describes what no lamp has": changed(('{"name": "on"}', '{"name": "on"}, {"name": "locked"}')),
    "says that it is someone else each time": changed(
        ('http.get("/st")["sn"]', "str(time.time())"), ("def read", "import time\n\n\ndef read")
    ),
    "changes something to read": changed(
        ("def read(http):\n", 'def read(http):\n    http.post("/do", {"k": "lamp.pw", "to": 0})\n')
    ),
    "fails": changed(('lamp["pw"]', 'lamp["power"]')),
    "has no write": changed(("def write", "def set_it")),
}
LYING = {
    "reads without asking": changed(('    lamp = http.get("/st")["lamp"]\n', '    lamp = {"pw": 1, "lv": 51}\n')),
    "asks and reads what it likes": changed((READING, 'return {"on": True, "brightness": 20}')),
    "reads what it wrote": changed(
        ("\n\ndef read(http):\n", "\n\nLAST = {}\n\n\ndef read(http):\n"),
        (READING, READING.replace("255}", "255} | LAST")),
        ("def write(http, want):\n", "def write(http, want):\n    LAST.update(want)\n"),
    ),
    "reads what it wrote without a device": changed(
        ("\n\ndef read(http):\n", "\n\nLAST = {}\n\n\ndef read(http):\n"),
        ('    lamp = http.get("/st")["lamp"]\n', '    if LAST:\n        return LAST\n    lamp = http.get("/st")["lamp"]\n'),
        (READING, "LAST.update(" + READING.removeprefix("return ") + ")\n    return LAST"),
        ("def write(http, want):\n", "def write(http, want):\n    LAST.update(want)\n"),
    ),
    "reads a silent device": changed(
        (
            '    lamp = http.get("/st")["lamp"]\n',
            '    try:\n        lamp = http.get("/st")["lamp"]\n    except Exception:\n        lamp = {"pw": 1, "lv": 51}\n',
        )
    ),
}


def judged(source: str, twin: HttpTwin, *, physical: bool = False) -> tuple[Sequence[str], Sequence[str]]:
    """The problems of a driver, and which properties were tried without one."""

    async def judge(address: str) -> tuple[Sequence[str], Sequence[str]]:
        http = Http(address)
        try:
            looked = await look_at(source, http)
            if looked.problems or looked.description is None:
                return looked.problems, ()
            tried = await try_out(source, http, looked.description, physical=physical, shows_s=0.5)
            return tuple(tried.problems), tuple(tried.properties)
        finally:
            await http.aclose()

    with running(twin) as address:
        return anyio.run(judge, address)


@pytest.mark.usefixtures("home")
def test_a_right_driver_passes_and_leaves_the_device_as_it_was() -> None:
    """Each property is tried; afterwards the device is as before."""
    twin = Fountain()
    assert judged(RIGHT, twin) == ((), ("on", "brightness"))
    assert twin.truth == {"on": True, "level": 51} and twin.writes == 4


@pytest.mark.parametrize("which", [*WRONG, *LYING])
@pytest.mark.usefixtures("home")
def test_a_wrong_or_lying_driver_does_not_pass(which: str) -> None:
    """One that is wrong on one way, caches its own writes, or answers for the device is refused."""
    problems, tried = judged({**WRONG, **LYING}[which], Fountain())
    assert problems and not tried


@pytest.mark.parametrize("fault", [Fault.DEAF, Fault.DROP_BEFORE, Fault.REFUSE])
@pytest.mark.usefixtures("home")
def test_a_right_driver_of_a_device_that_does_nothing_does_not_pass(fault: Fault) -> None:
    """What the device does decides, not what the driver says."""
    twin = Fountain()
    twin.fault = fault
    problems, tried = judged(RIGHT, twin)
    assert problems and not tried


@pytest.mark.usefixtures("home")
def test_nothing_is_written_while_it_is_looked_at() -> None:
    """A driver that would change something to read it is refused before anything arrives."""
    twin = Fountain()
    problems, _ = judged(WRONG["changes something to read"], twin)
    assert "would change something" in problems[0] and twin.writes == 0


def test_a_device_that_describes_itself_is_learned_without_a_model(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """From its Thing Description to a command that is read back and taken back; its own scale becomes percent."""
    twin = Lamp()
    with running(twin) as address:
        found = run_here(tmp_path, "home", "learn", address, "--json")
        learned = json.loads(found.stdout)
        assert not learned["problems"] and learned["made"] == "thing" and learned["values"]["brightness"] == 23.62
        assert twin.writes == 0
        shown = run_here(tmp_path, "home", "learned", learned["hash"][:12]).stdout
        assert "asks: GET /things/1/level" in shown and f"reaches: {address} alone" in shown
        assert run_here(tmp_path, "home", "set", "terrace lamp", "on=true").returncode == 2
        trusted = run_here(tmp_path, "home", "trust", "terrace lamp", learned["hash"][:12])
        assert trusted.returncode == 0, trusted.stderr
        assert twin.truth == {"on": False, "level": 60}
        done = run_here(tmp_path, "home", "set", "terrace lamp", "on=true", "brightness=50", "--json")
        assert json.loads(done.stdout)["outcome"] == "done", done.stderr
        assert twin.truth == {"on": True, "level": 127}
        run_here(tmp_path, "home", "undo")
        assert twin.truth == {"on": False, "level": 60}
        assert run_here(tmp_path, "home", "set", "terrace lamp", "brightness=120").returncode == 2
        twin.fault = Fault.ECHO
        path_of(learned["hash"]).write_text(RIGHT)
        done = run_here(tmp_path, "home", "set", "terrace lamp", "on=true", "--json")
        assert json.loads(done.stdout)["outcome"] == "failed" and "changed" in done.stdout


def test_a_driver_is_not_used_without_the_owner(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """Neither an agent nor `home add` makes a learned driver one that is used; one for another address is not trusted there."""
    (tmp_path / "driver.py").write_text(RIGHT)
    with running(Fountain()) as address, running(Fountain("Other")) as other:
        learned = json.loads(run_here(tmp_path, "home", "learn", address, "--driver", "driver.py", "--json").stdout)
        option = f"driver={learned['hash']}"
        assert "not trusted" in run_here(tmp_path, "home", "add", "learned", address, "--option", option).stderr
        assert run_here(tmp_path, "--as", "agent:a", "home", "trust", "fountain", learned["hash"]).returncode == 2
        assert run_here(tmp_path, "--as", "agent:a", "home", "learn", address).returncode == 2
        assert run_here(tmp_path, "home", "trust", "fountain", learned["hash"]).returncode == 0
        assert "not trusted" in run_here(tmp_path, "home", "add", "learned", other, "--option", option).stderr


@pytest.mark.usefixtures("home")
def test_what_can_hurt_is_not_tried_unless_asked() -> None:
    """A driver of a pump is only read, and can set nothing, until the owner has it tried."""
    source = changed(('"light"', '"pump"'), ("brightness", "speed"))
    twin = Fountain()
    assert judged(source, twin) == ((), ()) and twin.writes == 0
    assert judged(source, Fountain(), physical=True) == ((), ("on", "speed"))


def test_a_description_that_leads_elsewhere_or_asks_for_a_login_makes_no_driver() -> None:
    """Only forms at the device's own address count; types that say nothing need the owner's word."""

    def thing(**more: object) -> bytes:
        one = {"type": "boolean", "forms": [{"href": "/on"}]}
        about = {"id": "urn:x", "security": "n", "securityDefinitions": {"n": {"scheme": "nosec"}}, "properties": {"on": one}}
        return json.dumps({**about, **more}).encode()

    base = "http://192.168.1.9"
    assert '"read": "/on"' in source_of_thing(thing(), base, Trait.SWITCH).replace('\\"', '"')
    for body, why in (
        (thing(), "--trait"),
        (thing(**{"@type": "Light", "base": "http://192.168.1.10/"}), "none of its properties"),
        (
            thing(**{"@type": "Light", "properties": {"on": {"type": "boolean", "forms": [{"href": "//evil.example/on"}]}}}),
            "none",
        ),
        (thing(**{"@type": "Light", "securityDefinitions": {"n": {"scheme": "basic"}}}), "login"),
        (thing(properties={}), "--trait"),
        (b"[]", "mistakes"),
    ):
        with pytest.raises(NoDriver, match=why):
            source_of_thing(body, base)
