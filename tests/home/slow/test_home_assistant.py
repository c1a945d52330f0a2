"""A real Home Assistant with its demo integration, which `make test-home` installs: added, set, read back, undone."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from home_lan import free_port
from homes import home  # noqa: F401
from targets import run_here

from overnight.home.acting.commanding import Commander
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.things import CommandOutcome

HASS = Path(__file__).parents[3] / "build" / "hass" / "bin" / "hass"
CLIENT = "http://127.0.0.1/"
JAMMED = "lock.poorly_installed_door"
ASSUMED = "switch.decorative_lights"
UNSAID = "climate.ecobee"  # begins in `heat_cool` beside `auto`, which no word of ours means
START_S = 120.0  # in which it is ready; a few seconds are usual
CONFIGURATION = """
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
auth:
onboarding:
demo:
input_boolean:
  guest_mode:
homeassistant:
  unit_system: metric
"""
CASES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {  # what is wanted, and what it says itself
    "switch.ac": ("on=true", lambda state: state["state"] == "on"),
    "input_boolean.guest_mode": ("on=true", lambda state: state["state"] == "on"),
    "light.bed_light": ("on=true brightness=40", lambda state: state["attributes"]["brightness"] == 102),
    "cover.living_room_window": ("position=50", lambda state: state["attributes"]["current_position"] == 50),
    "cover.garage_door": ("position=100", lambda state: state["state"] == "open"),
    "climate.heatpump": ("target=21.5", lambda state: state["attributes"]["temperature"] == 21.5),
    "climate.ecobee": ("mode=cool", lambda state: state["state"] == "cool"),
    "media_player.living_room": ("playing=paused volume=40", lambda state: state["state"] == "paused"),
    "media_player.lounge_room": ("source=youtube", lambda state: state["attributes"]["source"] == "youtube"),
    "lock.front_door": ("locked=false", lambda state: state["state"] == "unlocked"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAssistant:
    """One that runs."""

    port: int
    token: str

    def state(self, entity: str) -> Mapping[str, Any]:  # Any: JSON
        """What it says itself."""
        found: Mapping[str, Any] = asked(self.port, f"/api/states/{entity}", token=self.token)
        return found


def asked(port: int, path: str, body: bytes | None = None, *, token: str = "", kind: str = "application/json") -> Any:  # JSON
    """What it answers."""
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {token}"} if token else {})}
    with urlopen(Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers), timeout=30) as answer:
        return json.load(answer)


def wait(process: "subprocess.Popen[bytes]", ready: Callable[[], bool], log: Path) -> None:
    """Until it is ready; one that ended is not waited for."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            if ready():
                return
        except (URLError, OSError, ValueError):
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """It runs, with an owner and their token."""
    if not HASS.exists():
        pytest.skip("Home Assistant is not installed: make test-home does it")
    folder, port = tmp_path_factory.mktemp("hass"), free_port()
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
    with (folder / "log").open("wb") as log:
        command = [str(HASS), "-c", str(folder), "--skip-pip"]
        with subprocess.Popen(command, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]}) as process:
            try:
                wait(process, lambda: bool(asked(port, "/api/onboarding")), folder / "log")
                token = token_of(port)
                running = lambda: asked(port, "/api/config", token=token)["state"] == "RUNNING"  # noqa: E731
                wait(process, running, folder / "log")
                yield HomeAssistant(port=port, token=token)
            finally:
                process.kill()


def token_of(port: int) -> str:
    """That of a new owner."""
    person = {"client_id": CLIENT, "name": "Ann", "username": "ann", "password": "a-password-of-it", "language": "en"}
    code = asked(port, "/api/onboarding/users", json.dumps(person).encode())["auth_code"]
    form = urlencode({"client_id": CLIENT, "grant_type": "authorization_code", "code": code}).encode()
    return str(asked(port, "/auth/token", form, kind="application/x-www-form-urlencoded")["access_token"])


@pytest.fixture
def numbers(
    real: HomeAssistant,
    home: HomeRecord,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Mapping[str, int]:
    """All of its entities that are for us, added; their numbers."""
    monkeypatch.setenv("HOME_HASS", real.token)
    words = ("home", "add", "hass", f"127.0.0.1:{real.port}", "--option", "secret_token=HOME_HASS")
    done = run_here(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert not [path for path in home_folder().rglob("*") if path.is_file() and real.token.encode() in path.read_bytes()]
    return {device.identity: device.number for device in home.devices()}


def test_what_it_has_is_found(numbers: Mapping[str, int], home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """Each kind that a driver knows; of a thermostat that has a range alone no target can be set; sources are shown."""
    assert {*CASES, JAMMED, ASSUMED, "sensor.outside_temperature"} <= numbers.keys()
    assert "sensor.outside_humidity" not in numbers
    ecobee = home.device(numbers["climate.ecobee"])
    assert ecobee and [each.name for each in ecobee.properties] == ["mode", "temperature"]
    shown = run_here(tmp_path, "home", "show", str(numbers["media_player.lounge_room"])).stdout
    assert "can: source such as dvd, youtube\n" in shown


@pytest.mark.parametrize("entity", CASES)
def test_it_is_set_read_back_and_undone(real: HomeAssistant, numbers: Mapping[str, int], tmp_path: Path, entity: str) -> None:
    """Done is what Home Assistant itself says, and undo makes it as it was."""
    settings, holds = CASES[entity]
    before = real.state(entity)["state"]
    assert run_here(tmp_path, "home", "name", str(numbers[entity]), "thing").returncode == 0
    done = run_here(tmp_path, "home", "set", "thing", *settings.split(), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["outcome"] == CommandOutcome.DONE, done.stdout + done.stderr
    assert holds(real.state(entity)), real.state(entity)
    undone = run_here(tmp_path, "home", "undo")
    if entity == UNSAID:
        assert undone.returncode == 2 and "before" in undone.stderr
    else:
        assert undone.returncode == 0 and real.state(entity)["state"] == before, undone.stdout + undone.stderr


def test_a_lock_that_jams_is_never_done(
    real: HomeAssistant,
    numbers: Mapping[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Home Assistant acknowledges, says `locking`, then `jammed`: nobody is told that the door is locked."""
    monkeypatch.setattr(Commander, "within_s", 5.0)
    run_here(tmp_path, "home", "name", str(numbers[JAMMED]), "bad door")
    done = run_here(tmp_path, "home", "set", "bad door", "locked=true", "--json")
    assert real.state(JAMMED)["state"] == "jammed"
    assert done.returncode == 1 and json.loads(done.stdout)["outcome"] == CommandOutcome.UNKNOWN
    assert "locked yes" not in run_here(tmp_path, "home", "status").stdout


def test_what_it_only_assumes_is_never_done(
    real: HomeAssistant, numbers: Mapping[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is switched, and what became of it stays unknown."""
    monkeypatch.setattr(Commander, "within_s", 1.0)
    run_here(tmp_path, "home", "name", str(numbers[ASSUMED]), "deco")
    done = run_here(tmp_path, "home", "set", "deco", "on=false", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["outcome"] == CommandOutcome.UNKNOWN
    assert real.state(ASSUMED)["state"] == "off"


def test_a_lock_is_the_owner_s_to_allow(real: HomeAssistant, numbers: Mapping[str, int], tmp_path: Path) -> None:
    """An agent's call waits for the owner's approval, and nothing reaches Home Assistant; a lamp it may switch."""
    for entity, name in (("lock.openable_lock", "back door"), ("light.ceiling_lights", "ceiling")):
        run_here(tmp_path, "home", "name", str(numbers[entity]), name)
    refused = run_here(tmp_path, "--as", "agent:tester", "home", "set", "back door", "locked=false")
    assert refused.returncode == 2 and "owner's approval" in refused.stderr
    assert real.state("lock.openable_lock")["state"] == "locked"
    assert run_here(tmp_path, "--as", "agent:tester", "home", "set", "ceiling", "on=false").returncode == 0
    assert real.state("light.ceiling_lights")["state"] == "off"
