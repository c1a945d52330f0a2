"""How much of what answers a question the claw recalls: LoCoMo conversations, and time at 100,000 messages.

    python bench/claw/recall.py DATA.zip              # weights as they are, each half and all
    python bench/claw/recall.py DATA.zip --choose     # choose weights on each half, report on the other
    python bench/claw/recall.py DATA.zip --messages 100000

DATA.zip has one JSON file for each conversation, as Maharana et al. 2024 published them. No model is called.
"""

import argparse
import json
import random
import re
import statistics
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from overnight.claw.events import Received
from overnight.claw.memory.search import Weights, search
from overnight.claw.record.record import ClawRecord
from overnight.ledger.sealed import TextRef, seal
from overnight.operations.principal import Kind, Origin

AT = (1, 5, 10, 20)
GRID: Mapping[str, Sequence[object]] = {
    "near": ((0.5, 0.2), (0.5, 0.3, 0.15), (0.3, 0.15, 0.1)),
    "talk": (0.0, 0.3, 1.0),
    "saturation": (0.7, 1.2),
    "speaker": (0.1, 0.3),
    "name": (0.25, 1.0),
    "month": (0.0, 0.25),
    "length": (0.0, 0.2),
    "near_length": (0.1, 0.5),
    "brief": (0.0, 0.5),
    "forms": (0.0, 0.6),
    "when": (0.0, 0.2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation in a record, with its questions."""

    name: str
    record: ClawRecord
    questions: Sequence[tuple[str, frozenset[int]]]  # with the events that hold the answer


def read(archive: Path, folder: Path) -> Sequence[Conversation]:
    """All conversations of an archive, each in a record of its own."""
    with zipfile.ZipFile(archive) as files:
        return [_conversation(name, json.loads(files.read(name)), folder / name) for name in sorted(files.namelist())]


def _conversation(name: str, data: Mapping[str, list[dict[str, str]]], folder: Path) -> Conversation:
    now = [0.0]
    record = ClawRecord(folder, clock=lambda: now[0])
    seqs: dict[str, int] = {}
    sessions = sorted((key for key in data if re.fullmatch(r"session_\d+", key)), key=lambda key: int(key[8:]))
    for session in sessions:
        now[0] = _time(str(data[f"{session}_date_time"]))
        for turn in data[session]:
            now[0] += 30
            text = seal(" ".join(filter(None, [turn["text"], turn.get("blip_caption")])))
            seqs[turn["dia_id"]] = record.append(_received(turn["dia_id"], turn["speaker"], now[0], text.ref), texts=[text])
    questions = []
    for each in data["qa"]:
        ids = {found for evidence in each.get("evidence", []) for found in re.findall(r"D\d+:\d+", str(evidence))}
        if wanted := frozenset(seqs[found] for found in ids if found in seqs):
            questions.append((each["question"], wanted))
    return Conversation(name=name, record=record, questions=questions)


def _received(id_: str, person: str, at: float, ref: TextRef) -> Received:
    return Received(
        channel="bench",
        id=id_,
        sender=person,
        person=person,
        role=Kind.OWNER,
        origin=Origin.OWNER,
        text=ref,
        written=at,
    )


def _time(words: str) -> float:
    return datetime.strptime(words, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC).timestamp()


def recalls(conversations: Sequence[Conversation], weights: Weights) -> Sequence[Sequence[Sequence[float]]]:
    """For each conversation and question the share of its evidence among the first, for each of `AT`."""
    found = []
    for each in conversations:
        with each.record.store.reading() as db:
            ranked = [
                [hit.seq for hit in search(db, text, reader=None, limit=20, weights=weights)] for text, _ in each.questions
            ]
        pairs = zip(ranked, each.questions, strict=True)
        found.append([[len(wanted & set(seqs[:k])) / len(wanted) for k in AT] for seqs, (_, wanted) in pairs])
    return found


def mean(found: Sequence[Sequence[Sequence[float]]], k: int) -> float:
    """Over all questions."""
    return statistics.fmean(question[AT.index(k)] for conversation in found for question in conversation)


def interval(found: Sequence[Sequence[Sequence[float]]], k: int, times: int = 2000) -> tuple[float, float]:
    """95 %, by drawing conversations again: questions on one are not independent."""
    generator = random.Random(1)  # a bootstrap
    drawn = sorted(mean(generator.choices(found, k=len(found)), k) for _ in range(times))
    return drawn[int(0.025 * times)], drawn[int(0.975 * times)]


def choose(conversations: Sequence[Conversation]) -> Weights:
    """The weights that do best on these, one after another."""
    weights = Weights()
    best = _worth(conversations, weights)
    for name, values in GRID.items():
        for value in values:
            other = replace(weights, **{name: value})  # type: ignore[arg-type]  # of the grid
            if (worth := _worth(conversations, other)) > best + 0.0005:
                weights, best = other, worth
    return weights


def _worth(conversations: Sequence[Conversation], weights: Weights) -> float:
    found = recalls(conversations, weights)
    return mean(found, 10) + 0.3 * mean(found, 5)


def show(title: str, conversations: Sequence[Conversation], weights: Weights) -> None:
    """A line with all numbers."""
    found = recalls(conversations, weights)
    low, high = interval(found, 10)
    line = " ".join(f"@{k} {mean(found, k):.3f}" for k in AT)
    print(f"{title}: {line}; @10 in [{low:.3f}, {high:.3f}], {sum(map(len, found))} questions", flush=True)


def measure_time(conversations: Sequence[Conversation], folder: Path, messages: int) -> None:
    """Milliseconds of a query and of indexing, over so many messages made of the words of these."""
    texts = [text for each in conversations for text in _texts(each.record)]
    generator = random.Random(2)  # a test text
    with ClawRecord(folder) as record:
        began, at = time.process_time(), 0
        while at < messages:
            sealed = [seal(_mixed(texts, generator)) for _ in range(min(1000, messages - at))]
            events = [_received(f"m{at + n}", "owner", float(at + n), text.ref) for n, text in enumerate(sealed)]
            record.append(*events, texts=sealed)
            at += len(sealed)
        print(f"{messages:,} messages recorded and indexed: {(time.process_time() - began) / messages * 1e3:.2f} ms CPU each")
        spent = []
        questions = [text for each in conversations for text, _ in each.questions]
        with record.store.reading() as db:
            for question in generator.sample(questions, 200):
                began = time.process_time()
                search(db, question, reader=None)
                spent.append((time.process_time() - began) * 1e3)
        spent.sort()
        print(f"a query: median {spent[100]:.1f} ms CPU, p95 {spent[190]:.1f} ms, most {spent[-1]:.1f} ms", flush=True)


def _texts(record: ClawRecord) -> Sequence[str]:
    with record.store.reading() as db:
        return [row[0] for row in db.execute("SELECT text FROM mention_words")]


def _mixed(texts: Sequence[str], generator: random.Random) -> str:
    """Halves of two texts."""
    one, other = generator.choice(texts).split(), generator.choice(texts).split()
    return " ".join([*one[: len(one) // 2], *other[len(other) // 2 :]])


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--messages", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        conversations = read(given.archive, Path(folder))
        halves = (conversations[::2], conversations[1::2])
        began = time.process_time()
        show("all, weights as they are", conversations, Weights())
        print(
            f"{(time.process_time() - began) / sum(len(each.questions) for each in conversations) * 1e3:.1f} ms CPU a question"
        )
        for name, half in zip("AB", halves, strict=True):
            show(f"half {name}, weights as they are", half, Weights())
        if given.choose:
            for name, tuned, other in (("A", *halves), ("B", *halves[::-1])):
                weights = choose(tuned)
                print(f"chosen on half {name}: {weights}")
                show("  on that half", tuned, weights)
                show("  on the other", other, weights)
        if given.messages:
            measure_time(conversations, Path(folder) / "many", given.messages)


if __name__ == "__main__":
    main()
