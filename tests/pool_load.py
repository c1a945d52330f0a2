"""Workers that send change after change to a hub, whatever becomes of it, and what must hold of hub and workers in the end."""

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import anyio
from pool_machines import FILES, Hub

from overnight.git.history import GitHistory
from overnight.git.objects import ObjectStore
from overnight.git.repository import open_repository
from overnight.pool.chain import Block
from overnight.pool.changes import ChangedFile, content_digest
from overnight.pool.events import Committed, Judged
from overnight.pool.hub.opening import hub_folder
from overnight.pool.hub.submissions import submission_of
from overnight.pool.keys import SecretKey
from overnight.pool.record.record import HubRecord
from overnight.pool.work import client
from overnight.pool.work.asked import Taken
from overnight.pool.work.client import HubAddress, HubAway
from overnight.pool.work.joined import ChainCopy, Joined, read_copy, read_joined
from overnight.pool.work.joining import agreed, join, look
from overnight.pool.work.outbox import Outbox, Sending
from overnight.pool.work.place import Place, add_files
from overnight.pool.work.settings import WorkSettings
from overnight.pool.work.submitting import Sender
from overnight.pool.work.syncing import sync
from overnight.research.events import Concluded
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger

WORKERS = 4
MOST_OPEN = 3  # changes of a worker on their way, each of another value
VALUES = WORKERS * MOST_OPEN
EVENTS = 1_000_000
BEST = 4.9
LINES = "\n\n# The next one is another change, which does not conflict with one of this.\n\n"
TRAIN = (
    "import json, os, random\n\n"
    + "".join(f"V{each} = 1.0\n{LINES}" for each in range(VALUES))
    + "random.seed(int(os.environ['OVERNIGHT_SEED']))\n"
    + f"model = {{'v': [{', '.join(f'V{each}' for each in range(VALUES))}], 'n': random.gauss(0, 0.02)}}\n"
    + "json.dump(model, open('out.json', 'w'))\n"
)
SCORE = (
    "import json\nd = json.load(open('out.json'))\n"
    f"print('METRIC loss=%r' % (sum(abs(float(v) - {BEST}) for v in d['v']) + abs(d['n'])))\n"
)
TOY: Mapping[str, str] = {
    **FILES,
    "train.py": TRAIN,
    "score.py": SCORE,
    "public_score.py": SCORE,
}


@dataclass(slots=True, kw_only=True)
class LoadWorker:
    """A worker in this process, with a key and a folder of its own."""

    number: int
    place: Place
    joined: Joined
    copy: ChainCopy
    taken: Taken
    key: SecretKey
    random: random.Random
    made: int = 0

    @property
    def outbox(self) -> Outbox:
        """Of its folder."""
        return Outbox(place=self.place)

    async def work(self, stop: anyio.Event) -> None:
        """Make changes and send them until the end, and then until all of them are answered."""
        async with client.Hub(self.joined.address, small_s=20.0) as hub:
            sender = Sender(
                hub=hub, key=self.key, joined=self.joined, outbox=self.outbox, copy=self.copy, program=self.taken.program
            )
            while not stop.is_set() or any(each.is_open for each in self.outbox.all()):
                if not stop.is_set() and sum(each.is_open for each in self.outbox.all()) < MOST_OPEN:
                    self._make()
                try:
                    synced = await sync(hub, self.place, self.joined, self.copy, self.taken.program)
                    await sender.send_all(synced.card)
                except HubAway:
                    pass
                await anyio.sleep(0.2)

    def _make(self) -> None:
        """A change of a value of its own: mostly a step ahead, sometimes one back."""
        with closing(GitHistory(self.place.repository())) as history, closing(ObjectStore(self.place.git)) as store:
            text = history.read_files(self.copy.head, ["train.py"])["train.py"].decode()
            mark = f"V{self.number + WORKERS * (self.made % MOST_OPEN)} = "
            before = text.split(mark)[1].split("\n")[0]
            after = float(before) + (BEST - float(before)) * self.random.uniform(-0.2, 0.5)
            content = text.replace(f"{mark}{before}\n", f"{mark}{after!r}\n").encode()
            digest = content_digest(content)
            changed = ChangedFile(path="train.py", executable=False, size=len(content), digest=digest)
            oids = {digest: store.add_blob(content)}
        commit = add_files(self.place, self.copy.head, [changed], oids, number=1, message="x")
        self.made += 1
        name = f"change-{self.made}"
        self.outbox.put(
            Sending(name=name, at=float(self.made), base=self.copy.head, commit=commit, hypothesis=f"{mark}{after!r}")
        )


async def joined_worker(url: str, folder: Path, number: int, seed: int) -> LoadWorker:
    """A worker that has joined a hub."""
    place = await join(await look(HubAddress.parse(url), WorkSettings()), folder)
    joined, copy = read_joined(place), read_copy(place)
    return LoadWorker(
        number=number,
        place=place,
        joined=joined,
        copy=copy,
        taken=agreed(joined, copy),
        key=SecretKey(random.Random(f"{seed} {number}").randbytes(32)),
        random=random.Random(f"{seed} {number}"),
    )


def check_hub(hub: Hub) -> None:
    """The chain holds, nothing was judged twice, and nothing became two blocks or two verdicts."""
    assert json.loads(hub.machine.overnight(hub.repo, "hub", "check", "--json"))["holds"]
    repository = open_repository(hub.repo)
    with HubRecord(hub_folder(repository), read_only=True) as record:
        blocks = Counter(each.submission for each in record.chain().entries if isinstance(each, Block))
        judged = Counter(each.event.submission for each in record.history(most=EVENTS) if isinstance(each.event, Judged))
        folder = campaign_folder(repository, record.tag())
        assert not record.waiting(), "something still waits"
    assert set(blocks.values()) <= {1} and set(judged.values()) <= {1}
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        concluded = [each.event for each in ledger.events() if isinstance(each.event, Concluded)]
        made = [(each.number, ledger.experiment(each.number)) for each in concluded if not each.conclusion.superseded]
        verdicts = Counter(submission_of(experiment) for _, experiment in made if experiment is not None)
    assert set(verdicts.values()) <= {1}, f"a submission was verified twice: {verdicts.most_common(3)}"
    assert set(judged) == set(verdicts), "a verdict was lost"


def check_worker(hub: Hub, place: Place, key: str, *, most_left: int = 0) -> Sequence[Sending]:
    """What a worker was told is what the hub has, each change committed to once; all that it sent."""
    sendings = Outbox(place=place).all()
    assert sum(each.is_open for each in sendings) <= most_left
    copied = read_copy(place).entries()
    with HubRecord(hub_folder(open_repository(hub.repo)), read_only=True) as record:
        chain = record.chain()
        assert [*copied] == [chain.genesis, *chain.entries][: len(copied)], "the worker has another chain"
        committed = {
            each.seq for each in record.history(most=EVENTS) if isinstance(each.event, Committed) and each.event.key == key
        }
        for each in sendings:
            if each.submission is None:
                continue
            found = record.submission(each.submission)
            assert found is not None and found.key == key
            state = {"judged": "accepted" if found.accepted else "not accepted"}.get(found.state, found.state)
            assert each.is_open or each.state == state, (each, found)
            if each.state == "accepted":
                block = chain.entries[(each.block or 0) - 1]
                assert isinstance(block, Block) and (block.submission, block.submitter) == (each.submission, key)
    numbers = [each.submission for each in sendings if each.submission is not None]
    assert len(set(numbers)) == len(numbers) and set(numbers) == committed, "a commitment was charged twice, or lost"
    assert not (place.work / "fork.jsonl").exists()
    return sendings
