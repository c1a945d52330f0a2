"""A hub whose submissions are verified by real campaigns, in this process: its founder's machine, without a server."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
from pool_desks import EASY, Worker
from targets import repository_of

from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.pool.chain import Block, Chain
from overnight.pool.evidence import WEAR, Wear
from overnight.pool.hub.kind import hub_kind
from overnight.pool.hub.opening import hub_folder, hub_key, open_hub
from overnight.pool.hub.program import hub_program
from overnight.pool.hub.running import HubRunner
from overnight.pool.hub.settings import SETTINGS, parse_hub_settings
from overnight.pool.keys import SecretKey
from overnight.pool.messages import Answer
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.desk import Desk
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Sign
from overnight.research.loop.stop import Stop
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger
from overnight.research.wiring import SessionRequest, open_session

TRAIN = """\
import json, os, random

X = 1.0

Y = 1.0

noise = random.Random(os.environ["OVERNIGHT_SEED"]).gauss(0, NOISE)
json.dump({"x": X, "y": Y, "n": noise}, open("out.json", "w"))
"""
SCORE = """\
import json, sys
from answers import ANSWERS

d = json.load(open("out.json"))
a = ANSWERS[sys.argv[1]]
print("METRIC loss=%r" % (abs(float(d["x"]) - a) + abs(float(d["y"]) - a) + float(d["n"]) + 100.0))
"""
# The third holdout disagrees with the others: what is nearer to 5 is farther from -5.
FILES = {
    "score.py": SCORE,
    "answers.py": 'ANSWERS = {"public": 5.0, "first": 5.5, "second": 6.0, "third": -5.0}\n',
    "public_score.py": SCORE.replace("from answers import ANSWERS", 'ANSWERS = {"public": 4.9}'),
    "program.md": (
        "---\nmetric: {name: loss, direction: minimize}\nproduce: python train.py\nartifacts: [out.json]\n"
        "score: python score.py public\nholdout: python score.py first\neditable: [train.py]\n"
        "hidden: [score.py, answers.py]\nlimits: {wall: 60s}\n---\n# Get close\n"
    ),
}
HUB_YAML = """\
project: toy
worker: {score: python public_score.py public}
bounds: [0, 1000000]
holdouts: [python score.py second, python score.py third]
verdicts_every_s: 0
canaries: false
further_pairs: 0
"""


class Founder:
    """A founder's machine: what is sent is verified when the test says so."""

    def __init__(
        self, folder: Path, *, noise: float = 0.0, wear: Wear = WEAR, files: dict[str, str] | None = None, hub: str = HUB_YAML
    ) -> None:
        texts = files or {**FILES, "train.py": TRAIN.replace("NOISE", repr(noise))}
        self.repository = repository_of(folder, texts)
        (folder / SETTINGS).write_text(hub)
        self.settings = parse_hub_settings(hub)
        open_hub(self.repository, self.settings)
        self.folder, self.key = hub_folder(self.repository), hub_key(self.repository)
        self.said: list[str] = []
        self.runner = HubRunner(
            repository=self.repository,
            settings=self.settings,
            program=hub_program(self.repository, self.settings),
            key=self.key,
            say=self.said.append,
            wear=wear,
        )

    def record(self) -> HubRecord:
        """Its record; close it."""
        return HubRecord(self.folder)

    def submit(self, key: SecretKey, changes: list[FileChange], *, hypothesis: str = "it helps") -> int:
        """Send a change on top of the newest entry, signed, over the desk; the submission's number."""
        with self.record() as record:
            desk = Desk(record, self.key, self.settings.project, self.runner.program, rules=EASY)
            worker = Worker(key=key, parent=desk.chain.head, hub=self.key.public, project=self.settings.project)
            answer = worker.submits(desk, changes)
            assert isinstance(answer, Answer) and answer.state == "queued", answer
            return answer.submission

    def verify(self, submissions: int = 1, *, until: Callable[[Sign], bool] = lambda _: False) -> None:
        """A session of the campaign that takes so many submissions, or ends at a sign; nothing is settled."""
        request = SessionRequest(experiments=submissions, slots=1)
        with self.record() as record, closing(GitHistory(self.repository)) as history:
            kind = hub_kind(self.settings, record, history)

            async def session() -> None:
                stop = Stop()

                def watch(sign: Sign) -> None:
                    if until(sign):
                        stop.request(Ending(reason=EndReason.STOP, detail="the test"))

                with open_session(self.repository, request, stop, [watch], kind=kind) as campaign:
                    await campaign.run()

            anyio.run(session)

    def settle(self) -> None:
        """Verdicts, blocks, and the next campaign if it is due."""
        if self.runner.settle():
            self.runner.go_on()

    def judge(self, submissions: int = 1) -> None:
        """Both."""
        self.verify(submissions)
        self.settle()

    def measure_again(self) -> None:
        """The further pairs of new blocks, in processes of their own."""
        anyio.run(self.runner.measure_further)

    def chain(self) -> Chain:
        """As it is now."""
        with self.record() as record:
            return record.chain()

    def blocks(self) -> list[Block]:
        """Of the chain."""
        return [each for each in self.chain().entries if isinstance(each, Block)]

    def ledger(self, tag: str) -> SqliteLedger:
        """Of a campaign; close it."""
        return SqliteLedger.for_reading(campaign_folder(self.repository, tag))

    def train(self, *edits: tuple[str, str]) -> list[FileChange]:
        """The newest public train.py with texts replaced."""
        with self.record() as record:
            chain = record.chain()
            text = (record.content(chain.tree["train.py"].digest) or b"").decode()
        for old, new in edits:
            assert old in text, (old, text)
            text = text.replace(old, new)
        return [FileChange(path="train.py", content=text.encode())]


def key(number: int) -> SecretKey:
    """A worker's key, the same each time."""
    return SecretKey((1000 + number).to_bytes(32, "big"))
