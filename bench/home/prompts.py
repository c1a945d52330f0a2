"""How long it takes from nothing known to music in three prompts, and in one, and what the sentences of each language cost.

    python bench/home/prompts.py [--rounds N]

The player and the station are simulated, and speak the real protocols, in this process; no model is asked.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

THREE = ("can you find my Sonos?", "call it study speaker in the study", "play something in the study")
PAUSE, ONE = "pause the music in the study", "play jazz on the study speaker"
SENTENCES = {
    "en": "turn on the study lamp",
    "de": "schalte study lamp ein",
    "fr": "allume study lamp",
    "es": "enciende study lamp",
    "nl": "doe study lamp aan",
}
ADDRESS = "127.0.91.11"


def prompts() -> tuple[float, float]:
    """Seconds of three prompts, and of one, in a new home and a new claw; music really plays after each."""
    from anyio.from_thread import start_blocking_portal

    from overnight.home.record.record import HomeRecord, home_folder
    from overnight.home.twins.radio import RadioTwin
    from overnight.home.twins.sonos import SonosTwin

    with tempfile.TemporaryDirectory() as folder, start_blocking_portal() as portal:
        os.environ["XDG_STATE_HOME"] = folder
        sonos, radio = SonosTwin("Study"), RadioTwin()
        portal.call(sonos.start, ADDRESS)
        portal.call(radio.start, ADDRESS)
        try:
            with HomeRecord():
                text = f"subnets: [{ADDRESS}/32]\nmusic: {{jazz: '{radio.url('jazz')}'}}\n"
                (home_folder() / "home.yaml").write_text(text)
            three = _said(THREE)
            _must_play(sonos, radio)
            _said([PAUSE])
            one = _said([ONE])
            _must_play(sonos, radio)
        finally:
            portal.call(sonos.stop)
            portal.call(radio.stop)
    return three, one


def _said(lines: list[str] | tuple[str, ...]) -> float:
    """Seconds until all are answered by one process of the claw."""
    import anyio

    from overnight.claw.folders import claw_folder
    from overnight.claw.record.record import ClawRecord
    from overnight.claw.setup.making import Wishes, make_claw
    from overnight.claw.wiring import make_runner
    from overnight.notices.port import Message

    folder = claw_folder("claw")
    if not folder.exists():
        make_claw(folder, Wishes(name="Claw", zone="UTC"))
    began = time.perf_counter()
    with ClawRecord(folder) as record:
        for line in lines:
            runner = make_runner(folder, record, {}, say=print)
            message = Message(id=f"{time.time_ns()}", sender="owner", text=line, at=time.time())
            runner.reception.take("terminal", message)
            anyio.run(partial(runner.run, until_idle=True))
    return time.perf_counter() - began


def _must_play(sonos: object, radio: object) -> None:
    truth, sent = getattr(sonos, "truth"), getattr(radio, "sent")  # noqa: B009  # of either twin
    if truth["playing"] != "playing" or not sum(sent.values()):
        raise SystemExit(f"no music plays: {truth}")


def language(name: str) -> str:
    """The cost of the first and the second sentence of one language, in this fresh process."""
    from overnight.home.capabilities import PROPERTIES
    from overnight.home.speech.known import Known
    from overnight.home.speech.listening import hear
    from overnight.home.things import Device, Trait

    light = Device(
        number=1,
        identity="a",
        family="x",
        address="x",
        traits=(Trait.LIGHT,),
        properties=PROPERTIES[Trait.LIGHT],
        alias="study lamp",
    )
    known = Known(devices=[light], scenes=[], music=[], reading=lambda _: None)
    before, at = _resident(), time.process_time()
    found = list(hear(SENTENCES[name], known, [name]))
    first, at = time.process_time() - at, time.process_time()
    found += list(hear(SENTENCES[name], known, [name]))
    second = time.process_time() - at
    if len(found) != 2:  # one for each time
        raise SystemExit(f"{name}: not understood")
    return f"{name}: first {first:.2f} s, then {1000 * second:.1f} ms of CPU; {_resident() - before:.0f} MB"


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--language")
    given = parser.parse_args()
    if given.language:
        print(language(given.language))
        return
    rounds = [prompts() for _ in range(given.rounds)]
    for words, seconds in (("three prompts", [each[0] for each in rounds]), ("one prompt", [each[1] for each in rounds])):
        print(f"{words}: median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s, of {given.rounds}")
    for name in SENTENCES:
        command = [sys.executable, str(Path(__file__)), "--language", name]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


if __name__ == "__main__":
    main()
