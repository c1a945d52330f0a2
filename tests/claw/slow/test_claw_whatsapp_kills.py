"""A claw on WhatsApp whose process is killed again and again while messages come in."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from claws import make_test_claw
from cloud_api import BY, PHONE, SECRETS, CloudApi

from overnight.claw.events import Paired, Received, SendChanged, SendState
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.sender import AGAIN
from overnight.operations.principal import Address, Kind

KILLS, EACH = 25, 4


def test_no_message_is_lost(claw_state: Path, cloud_api: CloudApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 25 kills at random moments each message is answered; what is said twice has a mark that says so."""
    assert claw_state.name == "state"
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    port = cloud_api.hook.split(":")[2].split("/")[0]
    keys = f"use: whatsapp, phone: {PHONE}, url: '{cloud_api.url}', port: {port}"
    claw = make_test_claw(settings=f"zone: UTC\nchannels: {{whatsapp: {{{keys}}}}}\n")
    with claw.record:
        claw.record.append(Paired(address=Address("whatsapp", BY), person="owner", role=Kind.OWNER))
    chance, count = random.Random(25), 0  # a test's
    for _ in range(KILLS):
        asked_before = cloud_api.requests + 1
        process = _run()
        cloud_api.wait(partial(cloud_api.has_been_asked, asked_before))
        for _ in range(EACH):
            count += 1
            cloud_api.write(f"note that message {count}.")
        time.sleep(chance.random() * 0.15)  # a random moment of its work is what is tested
        process.kill()
        process.wait()
    process = _run()
    cloud_api.wait(lambda: not cloud_api.unread, 120)
    with ClawRecord(claw.folder) as record:
        ends = time.monotonic() + 120
        while record.next_cause() or record.unsent():
            assert time.monotonic() < ends
            time.sleep(0.1)
        process.kill()
        process.wait()
        heard = [entry.event for entry in record.newest_of(["received"], 1000)]
        written = Counter(record.text(each.text) for each in heard if isinstance(each, Received))
        ended = [entry.event for entry in record.newest_of(["send_changed"], 10_000)]
        noted = Counter(record.text(fact.text) for _, fact in record.facts())
    assert written == Counter({f"note that message {number}.": 1 for number in range(1, count + 1)})  # none lost, none twice
    sent = Counter(each.key for each in ended if isinstance(each, SendChanged) and each.state is SendState.SENT)
    assert len(sent) == count and set(sent.values()) == {1}
    again = sum(text.startswith(AGAIN) for text in cloud_api.texts())
    assert len(cloud_api.texts()) - again <= count  # what is said twice says so
    assert max(noted.values()) == 1
    print(f"{count} messages, {KILLS} kills: {again} said again with a mark, {count - len(noted)} calls cut off and said to be")  # noqa: T201


def _run() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "overnight", "claw", "run"]
    return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
