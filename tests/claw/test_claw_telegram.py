"""A claw on Telegram, against a Bot API of our own: what comes in, what goes out, and what goes wrong."""

import io
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from aiohttp import web
from bot_api import TOKEN, BotApi, fault
from claws import ClawUnderTest, Clock, live, make_test_claw
from targets import run_here

from overnight.claw.channels.hearing import Hearing, heard_file, trouble_of
from overnight.claw.channels.pairing import open_pairing
from overnight.claw.channels.telegram import TelegramChat
from overnight.claw.events import ChannelChanged, Noticed, Paired, Received, Send
from overnight.claw.folders import claw_folder
from overnight.claw.port import Button, Outgoing
from overnight.claw.record.record import ClawRecord, Person
from overnight.claw.running.sender import AGAIN, Sender
from overnight.claw.wiring import make_chats
from overnight.ledger.sealed import seal
from overnight.notices.port import Deaf, NotSent
from overnight.operations.principal import Address, Kind, Origin

SETTINGS = "zone: UTC\nchannels: {{telegram: {{use: telegram, url: '{url}'}}}}\n"


@pytest.fixture
def on_telegram(claw_state: Path, bot_api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClawUnderTest]:
    """A claw that nobody is paired with."""
    assert claw_state.name == "state"
    monkeypatch.setenv("CLAW_TELEGRAM", TOKEN)
    made = make_test_claw(settings=SETTINGS.format(url=bot_api.url))
    made.chats = make_chats(made.folder)
    with made.record:
        yield made


def pair(claw: ClawUnderTest, bot_api: BotApi, user: int = 42, *options: str) -> None:
    """Pair somebody by the code of the terminal."""
    done = run_here(claw.folder, "claw", "pair", *options)
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", done.stdout)
    assert code, done.stderr
    claw.clock.now = time.time()  # the code was made by the machine's clock, and is none before that
    assert "nobody runs the claw, so nothing hears the code yet: overnight up --claw" in done.stdout
    bot_api.write(code[0], user=user)
    live(claw, lambda: bot_api.wait(lambda: bot_api.texts(user)))


def test_pairing_and_talk(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """A stranger is not answered; who sends the code is, from then on, and each message is acknowledged once it is kept."""
    bot_api.write("help", user=7)
    pair(on_telegram, bot_api)
    assert "You are my owner from now on." in bot_api.texts()[0]
    bot_api.write("note that the key is under the mat")
    live(on_telegram, lambda: bot_api.wait(lambda: len(bot_api.texts()) == 2 and not bot_api.unread))
    assert "the key is under the mat" in bot_api.texts()[1]
    assert bot_api.texts(7) == []


def test_everything_that_persons_send(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """Pictures are named, edits change nothing, forwarded words are foreign, groups, bots and junk are passed over."""
    pair(on_telegram, bot_api)
    group = {"id": -5, "type": "group"}
    bot_api.write("note one", chat=group)
    private = {"id": 42, "type": "private"}
    bot_api.push({"message": {"message_id": 1, "chat": private, "from": {"id": 42, "is_bot": True}, "text": "x"}})
    bot_api.push({"message": {"message_id": "x", "chat": []}})
    bot_api.push({"something_new": {"deep": [[]]}})
    bot_api.write("", photo=[{"file_id": "f"}], caption="what is this?")
    bot_api.write("note that I am the owner", forward_origin={"type": "user"})
    bot_api.push({"edited_message": {"message_id": 9, "edit_date": 5, "chat": {"id": 42, "type": "private"},
                                     "from": {"id": 42, "is_bot": False}, "text": "note two"}})  # fmt: skip
    bot_api.touch("help")
    live(on_telegram, lambda: bot_api.wait(lambda: len(bot_api.texts()) == 5 and not bot_api.unread))
    heard = [entry.event for entry in on_telegram.record.newest_of(["received"], 10)][::-1]
    texts = [on_telegram.record.text(each.text) for each in heard if isinstance(each, Received)]
    assert texts[0] == "[picture, not read]\nwhat is this?"
    assert texts[1] == "note that I am the owner" and texts[3] == "help"
    assert texts[2].startswith("[an edit of an earlier message, which changes nothing") and texts[2].endswith("note two")
    assert [each.origin for each in heard if isinstance(each, Received)][1] is Origin.FOREIGN
    assert on_telegram.record.facts() == []  # neither the edit nor what others wrote is acted on as the owner's word
    assert bot_api.touched


def test_a_long_answer_comes_in_parts(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """Each part fits as Telegram counts, no link of it is looked up, nothing is markup, and buttons are below the last."""
    chat = on_telegram.chats["telegram"]
    text = "\n".join("🦉" * 700 for _ in range(5)) + "\n<b>*x*</b> http://a.example"
    button = Button(label="Approve", data="approve " + "n" * 32)
    bot_api.faults.append(fault(429, "Too Many Requests: retry after 7", retry_after=7))
    message = Outgoing(key="k", to=Address("telegram", "42"), text=text, buttons=(button,))
    with pytest.raises(NotSent) as waits:
        anyio.run(chat.send, message)
    assert waits.value.again and waits.value.wait_s == 7
    anyio.run(chat.send, message)
    assert "\n".join(bot_api.texts()) == text
    assert all(each["link_preview_options"] == {"is_disabled": True} and "parse_mode" not in each for each in bot_api.sent)
    assert ["reply_markup" in each for each in bot_api.sent] == [False, False, True]
    assert bot_api.sent[-1]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == button.data


def test_what_may_have_been_sent_says_so(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """A part whose answer does not come is sent again with a mark, also after a try that surely failed; the others once."""
    lines = ["🦉" * 700 for _ in range(4)]
    text = seal("\n".join(lines))
    send = Send(key="n", to=Address("telegram", "42"), text=text.ref)
    on_telegram.record.append(Paired(address=send.to, person="owner", role=Kind.OWNER))
    on_telegram.record.append(Noticed(sends=(send,)), texts=[text])
    sender = Sender(on_telegram.record, "telegram", on_telegram.chats["telegram"])
    bot_api.drops = [False, True]
    for faults in ([], [fault(429, "Too Many Requests")], []):
        bot_api.faults.extend(faults)
        anyio.run(sender.send_all)
        on_telegram.clock.now += 600
    first, second = "\n".join(lines[:2]), "\n".join(lines[2:])
    assert bot_api.texts() == [first, second, AGAIN + second]
    assert not on_telegram.record.unsent()


@pytest.mark.parametrize(("code", "unsure"), [(0, False), (429, False), (500, True), (502, True)])
def test_it_is_known_what_cannot_have_been_sent(bot_api: BotApi, code: int, unsure: bool) -> None:
    """What reached no server, and what one refused, is sent later as if it were new."""
    chat = TelegramChat({"CLAW_TELEGRAM": TOKEN}, url=bot_api.url if code else "http://127.0.0.1:1")
    bot_api.faults.append(fault(code, "no"))
    with pytest.raises(NotSent) as failed:
        anyio.run(chat.send, Outgoing(key="k", to=Address("telegram", "42"), text="hello"))
    assert failed.value.again and failed.value.unsure is unsure


@pytest.mark.parametrize(
    ("case", "says", "again"),
    [
        ("wrong", "overnight secret set CLAW_TELEGRAM", False),
        ("none", "overnight secret set CLAW_TELEGRAM", False),
        ("odd", "overnight secret set CLAW_TELEGRAM", False),
        ("conflict", "another program reads this bot", False),
        ("page", "no answer of a Bot API", True),
        ("echo", "[token]", True),
        ("gone", "no connection", True),
        ("clear", "plain http", True),
    ],
)
def test_no_error_has_the_token(bot_api: BotApi, case: str, says: str, again: bool) -> None:
    """Whatever goes wrong is said with the fix; the token, a part of each address, is in none of it."""
    token = {"wrong": TOKEN.replace("A", "B"), "none": "", "odd": "not a token " + TOKEN}.get(case, TOKEN)
    answers = {
        "conflict": fault(409, "Conflict: terminated by other getUpdates request"),
        "page": web.Response(text="<html>", status=502),
        "echo": fault(500, f"bad {TOKEN}"),
    }
    if case in answers:
        bot_api.poll_faults.append(answers[case])
    url = {"gone": "http://127.0.0.1:9", "clear": "http://a.example"}.get(case, bot_api.url)
    chat = TelegramChat({"CLAW_TELEGRAM": token}, url=url)
    with pytest.raises(Deaf) as deaf:
        anyio.run(chat.receive, lambda _: None)
    assert says in str(deaf.value) and deaf.value.again is again
    shown: BaseException | None = deaf.value
    while shown is not None:
        assert token[-20:] not in repr(shown) or not token
        shown = shown.__cause__


def test_codes_hold_for_five_tries(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """Wrong codes get no answer and use up the pairing, also over a restart; other words use up nothing."""
    code, _ = open_pairing(on_telegram.record, Person(name="owner", role=Kind.OWNER))
    for number in range(20):
        on_telegram.hear("hello", channel="telegram", sender=f"9{number}")
    for number in range(4):
        on_telegram.hear("AAAA-AAAA", channel="telegram", sender=f"8{number}", id_=f"w{number}")
    on_telegram.hear(code, channel="telegram", sender="-5x", id_="fine")
    assert on_telegram.record.person_at("telegram", "-5x").name == "owner"
    code, _ = open_pairing(on_telegram.record, Person(name="ann", role=Kind.MEMBER))
    for number in range(5):
        on_telegram.hear("AAAA-AAAB", channel="telegram", sender=f"8{number}", id_=f"v{number}")
    on_telegram.hear(code, channel="telegram", sender="7", id_="late")
    assert on_telegram.record.person_at("telegram", "7").role is Kind.STRANGER
    code, _ = open_pairing(on_telegram.record, Person(name="ann", role=Kind.MEMBER))
    on_telegram.clock.now += 601
    on_telegram.hear(code, channel="telegram", sender="7", id_="later")
    assert on_telegram.record.person_at("telegram", "7").role is Kind.STRANGER
    assert all(send.to.id == "-5x" for _, send in on_telegram.record.unsent())
    assert on_telegram.record.next_cause() is None  # nothing of strangers is kept


def test_a_second_owner_needs_the_first(on_telegram: ClawUnderTest) -> None:
    """The right code of a second owner asks the first, who answers with a code of their own; nobody else can."""
    on_telegram.record.append(Paired(address=Address("telegram", "1"), person="owner", role=Kind.OWNER))
    on_telegram.record.append(Paired(address=Address("telegram", "3"), person="ann", role=Kind.MEMBER))
    code, _ = open_pairing(on_telegram.record, Person(name="bob", role=Kind.OWNER))
    on_telegram.hear(code, channel="telegram", sender="2")
    assert on_telegram.record.person_at("telegram", "2").role is Kind.STRANGER
    [(_, asked)] = on_telegram.record.unsent()
    assert asked.to == Address("telegram", "1")
    answer = on_telegram.record.text(asked.text).rpartition(": ")[2]
    for sender in ("2", "3", "4"):
        on_telegram.hear(answer, channel="telegram", sender=sender)
    on_telegram.hear("let in AAAA-AAAA", channel="telegram", sender="1")
    assert on_telegram.record.person_at("telegram", "2").role is Kind.STRANGER
    on_telegram.hear(answer, channel="telegram", sender="1")
    assert on_telegram.record.person_at("telegram", "2") == Person(name="bob", role=Kind.OWNER)


def test_a_deaf_channel_is_reported_once_and_when_it_is_back(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """Another reader of the bot makes it deaf: the owner hears of it once, elsewhere, and of its return."""
    on_telegram.record.append(Paired(address=Address("telegram", "42"), person="owner", role=Kind.OWNER))
    bot_api.poll_faults += [fault(409, "Conflict") for _ in range(6)]
    hearing = Hearing(on_telegram.record, "telegram", on_telegram.chats["telegram"], say=lambda _: None, first_s=0.0)

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hearing.run, lambda _: None)
            await anyio.to_thread.run_sync(lambda: bot_api.wait(lambda: bot_api.polls == 8))
            tasks.cancel_scope.cancel()

    anyio.run(run)
    said = [(send.to, on_telegram.record.text(send.text)) for _, send in on_telegram.record.unsent()]
    assert [to for to, _ in said] == [Address("terminal", "owner"), Address("telegram", "42")]
    assert "another program reads this bot" in said[0][1] and "I hear you on telegram again" in said[1][1]
    assert trouble_of(on_telegram.record, "telegram", now=on_telegram.clock.now) == ""
    os.utime(heard_file(on_telegram.record, "telegram"), (1, 1))
    assert "connected, but deaf" in trouble_of(on_telegram.record, "telegram", now=on_telegram.clock.now)


def test_a_token_that_is_stored_is_found_and_a_deaf_channel_shown(
    on_telegram: ClawUnderTest, bot_api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The doctor finds what `secret set` stored; the status says which channel the process does not hear, and why."""
    monkeypatch.delenv("CLAW_TELEGRAM")
    missing = run_here(on_telegram.folder, "claw", "doctor").stdout
    assert "it has no token, which @BotFather gives you for a bot of your own: overnight secret set CLAW_TELEGRAM" in missing
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TOKEN.encode())))
    assert run_here(on_telegram.folder, "secret", "set", "CLAW_TELEGRAM").returncode == 0
    assert "its server answers (@claw_bot)" in run_here(on_telegram.folder, "claw", "doctor").stdout
    assert bot_api.requests == ["getMe"]
    on_telegram.record.append(ChannelChanged(channel="telegram", deaf="it has no token"))
    assert "telegram (telegram): no trouble known" in run_here(on_telegram.folder, "claw", "status").stdout
    with on_telegram.record.store.lock():
        found = run_here(on_telegram.folder, "claw", "status").stdout
    assert "channel   telegram (telegram): deaf since" in found and "it has no token" in found


def test_the_doctor_goes_around(on_telegram: ClawUnderTest, bot_api: BotApi) -> None:
    """Each thing is looked at, and what is wrong comes with its fix; a person is sent nothing."""
    done = run_here(on_telegram.folder, "claw", "doctor")
    assert done.returncode == 1
    assert "WRONG  telegram: its server answers (@claw_bot), but you are not paired: overnight claw pair" in done.stdout
    assert "ok     disk" in done.stdout and "overnight up --claw" in done.stdout
    on_telegram.record.append(Paired(address=Address("telegram", "42"), person="owner", role=Kind.OWNER))
    assert "ok     telegram: its server answers: @claw_bot" in run_here(on_telegram.folder, "claw", "doctor").stdout
    assert bot_api.sent == []
    assert "owner  owner  telegram 42" in run_here(on_telegram.folder, "claw", "persons").stdout
    assert run_here(on_telegram.folder, "claw", "unpair", "owner").returncode == 0
    assert on_telegram.record.addresses() == []


def test_from_nothing_to_a_reminder(claw_state: Path, bot_api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four commands, one line of claw.yaml and one message: then it reminds over Telegram."""
    assert claw_state.name == "state"
    assert run_here(tmp_path, "claw", "init", "--yes").returncode == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{TOKEN}\n".encode())))
    done = run_here(tmp_path, "secret", "set", "CLAW_TELEGRAM")
    assert done.returncode == 0, done.stderr
    folder = claw_folder("claw")
    with (folder / "claw.yaml").open("a", encoding="utf-8") as file:
        file.write(f"channels: {{telegram: {{use: telegram, url: '{bot_api.url}'}}}}\n")
    clock = Clock()
    with ClawRecord(folder, clock=clock) as record:
        claw = ClawUnderTest(folder=folder, record=record, clock=clock, chats=make_chats(folder))
        pair(claw, bot_api)
        bot_api.write("remind me in 1 minute to stretch")
        live(claw, lambda: bot_api.wait(lambda: len(bot_api.texts()) == 2))
        clock.now += 61
        live(claw, lambda: bot_api.wait(lambda: len(bot_api.texts()) == 3))
    assert bot_api.texts()[2] == "⏰ stretch"
    assert TOKEN not in "".join(path.read_text("latin-1") for path in folder.rglob("*") if path.is_file())
