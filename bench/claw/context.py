"""How many tokens a claw's model reads: the fixed prompt, the tools, and the context of turns with a home and an MCP server.

    python bench/claw/context.py LOCOMO.zip [--tokenizer URL]

Fifty turns of one long talk, each with the calls that a good model would make: reminders, facts, the operations of a home with
forty devices in eight rooms, tools of an MCP server, pages. Soul and user files are those of `claw init`. The talk before them
is a conversation of LoCoMo: 200 of its sentences are noted as facts, and 20 were said just before. Counted are the bodies of
the requests as they left, JSON and all: by a rule of thumb (four bytes a token), and by a tokenizer if the URL of a
`llama-server` is given.
"""

import argparse
import json
import os
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from claws import ClawUnderTest, make_test_claw
from home_fakes import FakeHouse
from scripted_models import ScriptedModels, scripted_models

from overnight.claw.minds.prompt import RULES
from overnight.home.acting.commanding import Commander
from overnight.home.drivers import registry as drivers
from overnight.home.record.record import HomeRecord
from overnight.home.things import Trait, Value
from overnight.models.stream import BYTES_PER_TOKEN
from overnight.operations import registry

TURNS, FACTS, SAID_BEFORE = 50, 200, 20
MOST_PROMPT, MOST_CONTEXT = 600, 4000  # the bars
ROOMS = ("kitchen", "living room", "bedroom", "bath", "hall", "office", "garage", "garden")
DEVICES: Mapping[str, tuple[Trait, Mapping[str, Value]]] = {
    "light": (Trait.LIGHT, {"on": False, "brightness": 30.0}),
    "blind": (Trait.COVER, {"position": 0.0}),
    "heating": (Trait.CLIMATE, {"target": 20.0, "temperature": 19.5, "mode": "heat"}),
    "lock": (Trait.LOCK, {"locked": True}),
    "camera": (Trait.CAMERA, {}),
}
MCP = ("search issues", "read issue", "comment on issue", "list pull requests", "merge pull request", "search code")
MODULE = '''
from dataclasses import dataclass
from typing import Annotated
from overnight.operations.operation import Argument, Operation, Option, Tier

@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What to do."""

    what: Annotated[str, Argument(about={about!r})]
    value: Annotated[int, Option(about="How much, in percent.")] = 0

OPERATION = Operation(
    name={name!r}, about={about!r}, input=Input, output=str, tier=Tier.READ, of_machine=True,
    run=lambda _context, given: "{name}: " + given.what + " " + "state on, 21.5 degrees, since 08:12; " * 8,
    render=str,
)
'''
Json = Mapping[str, Any]  # Any: JSON
Task = tuple[str, Sequence[tuple[str, Json]]]


def tasks(sentences: Sequence[str]) -> Iterator[Task]:
    """What is said, and the calls that it takes."""
    for at in range(TURNS):
        room, device = ROOMS[at % len(ROOMS)], list(DEVICES)[at % len(DEVICES)]
        yield (
            (
                f"have me call my mother in {at + 2} minutes, would you",
                [("remind", {"when": f"in {at + 2} minutes", "what": "call"})],
            ),
            (f"listen: {sentences[at]}", [("remember", {"text": sentences[at][:300]})]),
            (f"about this: {sentences[at + 60][:80]} — what did I tell you?", [("recall", {"words": sentences[at + 60][:80]})]),
            (
                f"make it nicer in the {room}, with the {device}",
                [("find", {"words": f"{device} {room}"}), *home_calls(room, device, at)],
            ),
            (
                "what became of the issue on slow starts, and is there a pull request?",
                [
                    ("find", {"words": "search issues"}),
                    ("call", {"operation": "mcp search issues", "input": '{"what": "slow start"}'}),
                    ("call", {"operation": "mcp list pull requests", "input": '{"what": "open"}'}),
                    ("remember", {"text": f"issue {at} is about slow starts"}),
                ],
            ),
            ("how does everything stand right now, in short?", [("look", {"address": "/home"}), ("find", {"words": "status"})]),
        )[at % 6]


def home_calls(room: str, device: str, at: int) -> Sequence[tuple[str, Json]]:
    """What is asked of the home: what is on there, one device, and, if it can hurt nobody, that it is set."""
    wanted = {"light": f"brightness={at + 1}", "blind": f"position={at + 1}", "heating": f"target={20 + at % 5}"}.get(device)
    named = {"device": f"{room} {device}"}
    calls: list[tuple[str, Json]] = [("home now", {"room": room}), ("home state", named)]
    calls += [("home set", {**named, "settings": [wanted]})] if wanted else []
    return [("call", {"operation": name, "input": json.dumps(given)}) for name, given in calls]


def furnish(record: HomeRecord) -> None:
    """Forty devices, which answer in this process."""
    house = FakeHouse(record=record)
    for room in ROOMS:
        for name, (trait, truth) in DEVICES.items():
            house.add(f"{room} {name}", trait, room=room, **truth)
    drivers.find_family = lambda _: house  # type: ignore[assignment, return-value]  # a family of its own
    Commander.within_s, Commander.steady_s = 0.1, 0.0  # so that the turns take no time


@contextmanager
def operations_beside(folder: Path) -> Iterator[None]:
    """An MCP server as operations of another package."""
    package = folder / "bench_mcp"
    package.mkdir()
    names = {f"mcp {each}": f"The tracker's tool to {each}." for each in MCP}
    for name, about in names.items():
        (package / f"{name.replace(' ', '_')}.py").write_text(MODULE.format(name=name, about=about))
    sys.path.insert(0, str(folder))
    modules = {name: f"bench_mcp.{name.replace(' ', '_')}" for name in names}
    before, registry.added_modules = registry.added_modules, lambda: modules  # type: ignore[assignment]  # a cached function
    try:
        yield
    finally:
        registry.added_modules = before
        sys.path.remove(str(folder))


def by_bytes(text: str) -> int:
    """Tokens by the rule of thumb that budgets use."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def by_server(url: str) -> Callable[[str], int]:
    """Tokens as a model counts them."""

    def count(text: str) -> int:
        request = urllib.request.Request(f"{url}/tokenize", json.dumps({"content": text}).encode())
        with urllib.request.urlopen(request) as answer:
            return len(json.load(answer)["tokens"])

    return count


def main() -> None:
    """Live the turns, and print the sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locomo", type=Path)
    parser.add_argument("--tokenizer", default="")
    given = parser.parse_args()
    sentences = read_sentences(given.locomo)
    with tempfile.TemporaryDirectory() as place, scripted_models() as models, operations_beside(Path(place)):
        bodies = live(Path(place), models, sentences)
    counters = {"four bytes a token": by_bytes} | ({"tokenizer": by_server(given.tokenizer)} if given.tokenizer else {})
    for name, count in counters.items():
        show(name, count, bodies)


def read_sentences(path: Path) -> Sequence[str]:
    """What was said in one conversation."""
    with zipfile.ZipFile(path) as archive:
        talk = json.loads(archive.read("26.json"))
    sessions = [talk[f"session_{number}"] for number in range(1, 20) if f"session_{number}" in talk]
    return [turn["text"] for session in sessions for turn in session]


def live(place: Path, models: ScriptedModels, sentences: Sequence[str]) -> Sequence[Sequence[Json]]:
    """The requests of each turn."""
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    os.environ["OVERNIGHT_SETTINGS"] = str(place / "settings.toml")
    with HomeRecord() as record:
        furnish(record)
        return talk(place, models, sentences)


def talk(place: Path, models: ScriptedModels, sentences: Sequence[str]) -> Sequence[Sequence[Json]]:
    """The same, with the home that there is."""
    url = models.url("ok") + "/v1"
    (place / "settings.toml").write_text(f'[[providers]]\nname = "s"\nbase_url = "{url}"\nwires = ["openai-chat"]\n')
    claw = make_test_claw(settings="zone: UTC\nmodel: scripted\nbudget: {tokens_a_day: 100000000}\n")
    with claw.record:
        for sentence in sentences[-FACTS:]:
            claw.hear(f"note that {' '.join(sentence.split())[:300]}")
        claw.run()
        return [turn(claw, models, task) for task in [*before(sentences), *tasks(sentences)]][SAID_BEFORE:]


def before(sentences: Sequence[str]) -> Iterator[Task]:
    """What was said just before, to which nothing was called."""
    return ((f"so, {sentence}", ()) for sentence in sentences[100 : 100 + SAID_BEFORE])


def turn(claw: ClawUnderTest, models: ScriptedModels, task: Task) -> Sequence[Json]:
    """Live one turn; its requests."""
    said, calls = task
    models.script = [(name, dict(given)) for name, given in calls]
    models.text = "All right: I looked, and it is as you wanted it to be. Tell me if something else is to be done."
    models.seen.clear()
    claw.tell(said)
    return [seen.body for seen in models.seen if seen.method == "POST"]


def show(name: str, count: Callable[[str], int], bodies: Sequence[Sequence[Json]]) -> None:
    """Sizes by one way of counting."""
    sizes = sorted(max(count(json.dumps(body, ensure_ascii=False)) for body in turn) for turn in bodies if turn)
    tools = count(json.dumps(bodies[0][0]["tools"], ensure_ascii=False))
    p90 = sizes[min(len(sizes) - 1, -(-len(sizes) * 9 // 10) - 1)]
    print(f"{name}: {len(sizes)} turns; fixed prompt {count(RULES)} (bar {MOST_PROMPT}), tools {tools}")
    print(f"  context of a turn, median {sizes[len(sizes) // 2]}, p90 {p90} (bar {MOST_CONTEXT}), most {sizes[-1]}")


if __name__ == "__main__":
    main()
