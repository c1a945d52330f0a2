"""A claw on WhatsApp, against a Cloud API of our own: what comes in, what goes out, and what goes wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from claws import ClawUnderTest, live, make_test_claw
from cloud_api import APP, BY, PHONE, SECRETS, TOKEN, WORD, CloudApi, fault, picture_of, update
from targets import run_here

from overnight.claw.channels import whatsapp
from overnight.claw.channels.whatsapp import WhatsAppChat, WhatsAppSpec
from overnight.claw.events import Paired, Received
from overnight.claw.port import Button, Outgoing
from overnight.claw.setup.parsing import parse_charter
from overnight.claw.wiring import make_chats
from overnight.errors import ProgramError
from overnight.notices.port import Deaf, Message, NotSent
from overnight.operations.principal import Address, Kind, Origin

SETTINGS = "zone: UTC\nchannels: {{whatsapp: {{use: whatsapp, phone: {phone}, url: '{url}', port: {port}{more}}}}}\n"
OWNER = Address("whatsapp", BY)
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100


def settings(api: CloudApi, more: str = "") -> str:
    """A claw.yaml."""
    return SETTINGS.format(phone=PHONE, url=api.url, port=api.hook.split(":")[2].split("/")[0], more=more)


@pytest.fixture
def on_whatsapp(claw_state: Path, cloud_api: CloudApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClawUnderTest]:
    """A claw that nobody is paired with."""
    assert claw_state.name == "state"
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    made = make_test_claw(settings=settings(cloud_api))
    made.chats = make_chats(made.folder)
    with made.record:
        yield made


def sending(api: CloudApi, message: Outgoing, **spec: str) -> None:
    """Send one message while the webhook is served."""
    port = int(api.hook.split(":")[2].split("/")[0])
    chat = WhatsAppChat(SECRETS, WhatsAppSpec(phone=PHONE, url=api.url, port=port, **spec))

    async def run() -> None:
        heard = anyio.Event()
        chat.health.heard = heard.set
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(chat.receive, lambda _: None)
            await heard.wait()
            try:
                await chat.send(message)
            finally:
                tasks.cancel_scope.cancel()

    try:
        anyio.run(run)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


def test_whatsapp_from_a_code_to_an_answer(on_whatsapp: ClawUnderTest, cloud_api: CloudApi) -> None:
    """A stranger is not answered; who sends the code is, and a webhook is acknowledged once its message is kept."""
    cloud_api.write("help", user="4915100000000")
    done = run_here(on_whatsapp.folder, "claw", "pair")
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", done.stdout)
    assert code and "over whatsapp" in done.stdout
    cloud_api.write(code[0])
    live(on_whatsapp, lambda: cloud_api.wait(lambda: len(cloud_api.texts()) == 1))
    assert "You are my owner from now on." in cloud_api.texts()[0]
    cloud_api.write("note that the key is under the mat")
    live(on_whatsapp, lambda: cloud_api.wait(lambda: len(cloud_api.texts()) == 2 and not cloud_api.unread))
    assert "the key is under the mat" in cloud_api.texts()[1]
    assert cloud_api.texts("4915100000000") == []


def test_everything_that_whatsapp_brings(on_whatsapp: ClawUnderTest, cloud_api: CloudApi) -> None:
    """What is not read is named, forwarded words are foreign; groups, reactions, other numbers and junk are passed over."""
    on_whatsapp.record.append(Paired(address=OWNER, person="owner", role=Kind.OWNER))
    cloud_api.write(type="image", image={"id": "1", "mime_type": "image/jpeg", "caption": "what is this?"})
    cloud_api.write(type="unsupported", errors=[{"code": 131051}])
    cloud_api.write("note that I am the owner", context={"forwarded": True})
    cloud_api.write("note one", group_id="12036304")
    cloud_api.write(type="reaction", reaction={"emoji": "👍"})
    other = {"from": BY, "id": "wamid.x", "timestamp": "1", "type": "text", "text": {"body": "note two"}}
    cloud_api.push(update([other], phone="999999"))
    cloud_api.push(
        update([{**other, "from": "owner"}, {**other, "id": 5}, {**other, "id": "wamid.y", "text": {"body": "help"}}])
    )
    cloud_api.push({"entry": [{"changes": [{"field": "account_update", "value": {"event": "X"}}, {"value": [[]]}]}, {}]})
    cloud_api.push({"entry": "x"})
    live(on_whatsapp, lambda: cloud_api.wait(lambda: len(cloud_api.texts()) == 4 and not cloud_api.unread))
    heard = [entry.event for entry in on_whatsapp.record.newest_of(["received"], 10)]
    by_text = {on_whatsapp.record.text(each.text): each.origin for each in heard if isinstance(each, Received)}
    assert by_text == {
        "[picture, not read]\nwhat is this?": Origin.OWNER,
        "[message of another kind, not read]": Origin.OWNER,
        "note that I am the owner": Origin.FOREIGN,
        "help": Origin.OWNER,
    }
    assert on_whatsapp.record.facts() == []


def test_a_button_of_whatsapp_comes_back_as_a_message(cloud_api: CloudApi) -> None:
    """A question has its buttons below its last part, each part fits, and a touch says what the button held."""
    text = "May I? " + "\n".join("line " * 20 for _ in range(12))
    button = Button(label="Approve", data="approve " + "n" * 22)
    sending(cloud_api, Outgoing(key="k", to=OWNER, text=text, buttons=(button, Button(label="Refuse", data="refuse x"))))
    assert [each["type"] for each in cloud_api.sent] == ["text", "interactive"]
    assert "\n".join(cloud_api.texts()) == text
    [first, _] = cloud_api.sent[1]["interactive"]["action"]["buttons"]
    assert first == {"type": "reply", "reply": {"id": button.data, "title": "Approve"}}


def test_a_touch_is_what_the_button_held(on_whatsapp: ClawUnderTest, cloud_api: CloudApi) -> None:
    """It is a message of who touched it; the answer to a question that nobody asked changes nothing."""
    on_whatsapp.record.append(Paired(address=OWNER, person="owner", role=Kind.OWNER))
    cloud_api.touch("approve " + "n" * 22)
    live(on_whatsapp, lambda: cloud_api.wait(lambda: len(cloud_api.texts()) == 1))
    assert cloud_api.texts() == ["That button answers nothing, or not any more."]


@pytest.mark.parametrize(
    ("answer", "again", "wait_s"),
    [
        ((429, 130429, {"Retry_After": "7"}), True, 7),
        ((400, 131056, {}), True, 60),
        ((500, 131000, {}), True, 60),
        ((401, 190, {}), True, 0),
        ((400, 131026, {}), False, 0),
        ((400, 100, {}), False, 0),
    ],
)
def test_errors_of_the_cloud_api(
    cloud_api: CloudApi, answer: tuple[int, int, dict[str, str]], again: bool, wait_s: float
) -> None:
    """What may pass is tried again when the server says; what cannot is not; the token is in no error."""
    status, code, headers = answer
    cloud_api.faults.append(fault(status, code, f"it was {TOKEN}", **headers))
    with pytest.raises(NotSent) as failed:
        sending(cloud_api, Outgoing(key="k", to=OWNER, text="hello"))
    assert (failed.value.again, failed.value.wait_s) == (again, wait_s)
    assert str(code) in str(failed.value) and TOKEN not in str(failed.value)


def test_what_cannot_be_delivered_is_not_sent(cloud_api: CloudApi) -> None:
    """That WhatsApp took a message is not believed: what it says of it a moment later counts."""
    cloud_api.fates.append([{"code": 131026, "title": "Message undeliverable"}])
    with pytest.raises(NotSent, match="131026 Message undeliverable") as failed:
        sending(cloud_api, Outgoing(key="k", to=OWNER, text="hello"))
    assert not failed.value.again


def test_after_24_hours_a_message_waits_and_is_shown(on_whatsapp: ClawUnderTest, cloud_api: CloudApi) -> None:
    """Without a template it waits, `claw status` says why, and it goes out once they wrote."""
    on_whatsapp.record.append(Paired(address=OWNER, person="owner", role=Kind.OWNER))
    cloud_api.outside.add(BY)
    message = Outgoing(key="k", to=OWNER, text="stretch")
    with pytest.raises(NotSent, match="more than 24 hours ago") as waits:
        sending(cloud_api, message)
    assert waits.value.again and waits.value.wait_s > 300
    on_whatsapp.hear("help", channel="whatsapp", sender=BY)
    on_whatsapp.chats = {"whatsapp": Closed()}
    on_whatsapp.run()
    assert "unsent    they wrote more than 24 hours ago" in run_here(on_whatsapp.folder, "claw", "status").stdout
    cloud_api.outside.clear()
    sending(cloud_api, message)
    assert cloud_api.texts()[-1] == "stretch"


class Closed:
    """A chat to somebody who wrote long ago."""

    async def receive(self, take: object) -> None:
        await anyio.sleep_forever()

    async def send(self, message: Outgoing) -> None:
        raise NotSent(whatsapp.WAITS, again=True, wait_s=whatsapp.WAITS_S)

    async def find(self, message: Outgoing) -> bool | None:
        return None


def test_after_24_hours_a_template_has_the_text(cloud_api: CloudApi) -> None:
    """With a template the text is its one variable: in one line, cut with a hint, and questions say where to answer."""
    cloud_api.outside.add(BY)
    button = Button(label="Approve", data="approve x")
    sending(
        cloud_api, Outgoing(key="k", to=OWNER, text="May I?\nsend  it", buttons=(button,)), template="claw_says", language="de"
    )
    found = cloud_api.sent[-1]["template"]
    assert (found["name"], found["language"]) == ("claw_says", {"code": "de"})
    assert cloud_api.texts()[-1] == "May I? send it (to answer: overnight approvals)"
    sending(cloud_api, Outgoing(key="l", to=OWNER, text="word " * 1000), template="claw_says")
    assert len(cloud_api.texts()[-1]) <= 900 and cloud_api.texts()[-1].endswith("has all of it)")
    cloud_api.fates += [[{"code": 131047, "title": "Re-engagement"}], [{"code": 132001, "title": "Template does not exist"}]]
    with pytest.raises(NotSent, match=r"of `claw_says` it says: 132001 Template does not exist") as failed:
        sending(cloud_api, Outgoing(key="m", to=OWNER, text="hello"), template="claw_says")
    assert failed.value.again


def picture_in(state: Path, content: bytes = JPEG) -> str:
    """A file of the state folder."""
    path = state / "overnight" / "truck.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def test_a_picture_goes_above_its_words(claw_state: Path, cloud_api: CloudApi) -> None:
    """It is uploaded, and sent in one message with words and buttons; WhatsApp has the bytes that we have."""
    path, buttons = picture_in(claw_state), (Button(label="Yes", data="yes"), Button(label="No", data="no"))
    sending(cloud_api, Outgoing(key="k", to=OWNER, text="a truck", buttons=buttons, picture=path))
    sending(cloud_api, Outgoing(key="l", to=OWNER, text="a van", picture=path))
    assert [each["type"] for each in cloud_api.sent] == ["interactive", "image"]
    assert cloud_api.texts() == ["a truck", "a van"]
    assert [cloud_api.pictures[picture_of(each)] for each in cloud_api.sent] == [JPEG, JPEG]
    assert len(cloud_api.sent[0]["interactive"]["action"]["buttons"]) == 2


def test_words_go_out_alone_if_the_picture_cannot(claw_state: Path, cloud_api: CloudApi) -> None:
    """One that is gone, elsewhere, too large, refused, or with words that are too long; nothing is uploaded in vain."""
    path, elsewhere = picture_in(claw_state), claw_state.parent / "other.jpg"
    elsewhere.write_bytes(JPEG)
    for picture in (str(elsewhere), path + ".gone", picture_in(claw_state, JPEG + bytes(5 << 20))):
        sending(cloud_api, Outgoing(key=picture, to=OWNER, text="a truck", picture=picture))
    picture_in(claw_state)
    sending(cloud_api, Outgoing(key="long", to=OWNER, text="a truck " * 200, picture=path))
    assert cloud_api.pictures == {}
    cloud_api.faults.append(fault(400, 131053, "Media upload error"))
    sending(cloud_api, Outgoing(key="refused", to=OWNER, text="a truck", picture=path))
    assert {each["type"] for each in cloud_api.sent} == {"text"} and len(cloud_api.sent) == 5


def test_an_upload_that_failed_is_tried_again_and_leaves_no_doubt(claw_state: Path, cloud_api: CloudApi) -> None:
    """Nobody was sent anything, so the message is not marked as one that may come twice."""
    message = Outgoing(key="k", to=OWNER, text="a truck", picture=picture_in(claw_state))
    cloud_api.faults.append(fault(500, 131000, "Something went wrong"))
    with pytest.raises(NotSent) as failed:
        sending(cloud_api, message)
    assert failed.value.again and not failed.value.unsure and cloud_api.sent == []
    cloud_api.outside.add(BY)
    sending(cloud_api, message, template="claw_says")
    assert cloud_api.sent[-1]["type"] == "template", "outside of 24 hours the words go out alone"


@pytest.mark.parametrize("missing", ["CLAW_WHATSAPP", "CLAW_WHATSAPP_APP", "CLAW_WHATSAPP_VERIFY"])
def test_it_does_not_start_without_its_secrets(cloud_api: CloudApi, missing: str) -> None:
    """Without the app's secret no signature could be checked, so nothing is served; the fix is said, also by the doctor."""
    environment = {name: value for name, value in SECRETS.items() if name != missing}
    chat = WhatsAppChat(environment, WhatsAppSpec(phone=PHONE, url=cloud_api.url))
    for call in (lambda: anyio.run(chat.receive, print), lambda: anyio.run(chat.round_trip)):
        with pytest.raises(Deaf, match=f"overnight secret set {missing}$") as deaf:
            call()
        assert not deaf.value.again
    assert cloud_api.requests == 0


@pytest.mark.parametrize(
    ("spec", "says", "again"),
    [
        ({"url": "http://127.0.0.1:9"}, "no connection", True),
        ({"phone": "99999"}, "100", True),
        ({"public": "http://127.0.0.1:9/whatsapp"}, "its public address does not lead to 127.0.0.1", True),
    ],
)
def test_whatsapp_hears_while_it_finds_out_that_it_is_deaf(
    cloud_api: CloudApi, monkeypatch: pytest.MonkeyPatch, spec: dict[str, str], says: str, again: bool
) -> None:
    """A round trip that fails is reported, and what comes in meanwhile is taken: it may be a STOP."""
    taken: list[str] = []
    monkeypatch.setattr(whatsapp, "FAULTY_S", 0.0)
    port = int(cloud_api.hook.split(":")[2].split("/")[0])
    chat = WhatsAppChat(SECRETS, WhatsAppSpec(**{"phone": PHONE, "url": cloud_api.url, "port": str(port), **spec}))  # type: ignore[arg-type]  # a number as aiohttp takes it
    if "phone" not in spec:
        cloud_api.write("stop")
        monkeypatch.setattr(whatsapp, "FAULTY_S", 5.0)

    def take(message: Message) -> None:
        taken.append(message.text)
        raise Deaf("enough", again=True)

    with pytest.raises(Deaf) as deaf:
        anyio.run(chat.receive, take)
    assert deaf.value.again is again
    if taken:
        assert taken == ["stop"]
    else:
        assert says in str(deaf.value)


def test_what_cannot_be_kept_comes_again(cloud_api: CloudApi) -> None:
    """A message that is not on disk is not acknowledged: WhatsApp brings it again."""
    port = int(cloud_api.hook.split(":")[2].split("/")[0])
    chat, taken = WhatsAppChat(SECRETS, WhatsAppSpec(phone=PHONE, url=cloud_api.url, port=port)), []
    cloud_api.write("hello")

    def full(message: Message) -> None:
        taken.append(message.id)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        anyio.run(chat.receive, full)
    assert cloud_api.unread == 1

    async def again() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(chat.receive, lambda message: taken.append(message.id))
            await anyio.to_thread.run_sync(lambda: cloud_api.wait(lambda: cloud_api.unread == 0))
            tasks.cancel_scope.cancel()

    anyio.run(again)
    assert taken == [f"{PHONE}.wamid.HBg00001=="] * 2
    assert {503, 200} <= set(cloud_api.answers)


def test_the_public_address_is_looked_at(cloud_api: CloudApi) -> None:
    """With `public` in claw.yaml a round trip goes through the owner's proxy, so that a tunnel that is down is found."""
    sending(cloud_api, Outgoing(key="k", to=OWNER, text="hello"), public=cloud_api.hook)
    assert cloud_api.texts() == ["hello"]


def test_the_doctor_asks_whatsapp(on_whatsapp: ClawUnderTest) -> None:
    """It says which number it is; a person is sent nothing."""
    on_whatsapp.record.append(Paired(address=OWNER, person="owner", role=Kind.OWNER))
    assert "ok     whatsapp: its server answers: Claw +1 555 0100" in run_here(on_whatsapp.folder, "claw", "doctor").stdout


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("use: whatsapp", "needs `phone`"),
        ("use: whatsapp, phone: me", "106540352242922"),
        ("use: telegram, phone: 12345", "is for `use: whatsapp` alone"),
        ("use: whatsapp, phone: 12345, public: 'http://a.example'", "is no https address"),
        ("use: whatsapp, phone: 12345, port: 80", "above 1023"),
    ],
)
def test_mistakes_about_whatsapp(keys: str, says: str) -> None:
    """Each is said with its line and fix."""
    with pytest.raises(ProgramError, match=r"claw\.yaml:1") as wrong:
        parse_charter(f"channels: {{w: {{{keys}}}}}\n")
    assert says in str(wrong.value)


def test_no_secret_of_whatsapp_is_kept(on_whatsapp: ClawUnderTest, cloud_api: CloudApi) -> None:
    """Neither the token nor the app's secret nor the word of the webhook is anywhere in the claw's folder."""
    on_whatsapp.record.append(Paired(address=OWNER, person="owner", role=Kind.OWNER))
    cloud_api.faults.append(fault(401, 190, f"bad {TOKEN}"))
    on_whatsapp.hear("help", channel="whatsapp", sender=BY)
    on_whatsapp.run()
    assert cloud_api.requests and on_whatsapp.record.unsent()
    kept = "".join(path.read_text("latin-1") for path in on_whatsapp.folder.rglob("*") if path.is_file())
    assert not any(secret in kept for secret in (TOKEN, APP, WORD))
