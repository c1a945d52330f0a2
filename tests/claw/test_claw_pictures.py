"""What is new in a list is said once each, with its picture and buttons, to the person who asked, and to nobody else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bot_api import TOKEN, BotApi, bot_api  # noqa: F401
from claws import ClawUnderTest, claw, claw_state  # noqa: F401

from overnight.claw.channels.telegram import TelegramChat
from overnight.claw.events import Paired
from overnight.claw.pictures import read_picture
from overnight.claw.views.talk import talk_lines
from overnight.home.events import DeviceConfirmed, DeviceSeen, LookoutSet, Sighted
from overnight.home.record.record import HomeRecord
from overnight.home.record.sightings import sighting
from overnight.home.sightings.pictures import keep
from overnight.home.things import Trait
from overnight.operations.principal import Address, Kind

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100
ASKS = "tell me when a delivery truck comes"


@pytest.fixture
def camera(claw_state: Path) -> Iterator[HomeRecord]:  # noqa: F811
    """A home with a camera."""
    assert claw_state.name == "state"
    with HomeRecord() as record:
        seen = DeviceSeen(identity="c", family="camera", address="127.0.0.1", traits=(Trait.CAMERA,), properties=())
        record.append(DeviceConfirmed(device=record.append(seen), alias="drive", room="garden"))
        yield record


def comes(record: HomeRecord, *, confirmed: str = "yes", picture: bytes = JPEG) -> int:
    """A truck drives up; the number of the sighting."""
    device = record.devices()[0].number
    lookout = record.append(LookoutSet(device=device, what="delivery truck"))
    digest = keep(record.folder, picture)
    return record.append(
        Sighted(device=device, lookout=lookout, label="truck", confirmed=confirmed, seen=record.clock(), picture=digest)  # type: ignore[arg-type]  # one of them
    )


@pytest.fixture
def on_telegram(claw: ClawUnderTest, bot_api: BotApi) -> ClawUnderTest:  # noqa: F811
    """A claw whose owner is 42 on Telegram, and Ann is 43."""
    claw.chats = {"telegram": TelegramChat({"CLAW_TELEGRAM": TOKEN}, url=bot_api.url)}
    claw.record.append(Paired(address=Address("telegram", "42"), person="owner", role=Kind.OWNER))
    claw.record.append(Paired(address=Address("telegram", "43"), person="ann", role=Kind.MEMBER))
    (claw.folder / "claw.yaml").write_text("zone: UTC\nchannels: {telegram: {use: telegram}}\n")
    return claw


def test_a_truck_comes_with_its_picture(
    on_telegram: ClawUnderTest,
    camera: HomeRecord,
    bot_api: BotApi,  # noqa: F811
) -> None:
    """One message a visit, with picture and buttons, goes to the chat that asked; a touch judges it; nothing old is said."""
    comes(camera)
    on_telegram.hear(ASKS, channel="telegram", sender="42")
    on_telegram.run()
    assert "looking out for delivery truck" in bot_api.texts()[-1]
    number, asked = comes(camera), len(bot_api.sent)
    for _ in range(3):
        on_telegram.clock.now += 61
        on_telegram.run()  # each time a new process
    (message,) = bot_api.sent[asked:]
    assert message["photo"] == JPEG
    assert message["chat_id"] == "42"
    assert f"#{number}" in message["caption"]
    assert "/" not in message["caption"].split("drive")[1]  # no path of this machine
    [line] = [each for each in talk_lines(on_telegram.record, 30) if each.picture]
    assert Path(line.picture).read_bytes() == JPEG, "the page of the claw shows it too"
    (yes, no) = json.loads(message["reply_markup"])["inline_keyboard"][0]
    assert (yes["text"], no["text"]) == ("Yes", "Not a delivery truck")
    on_telegram.hear(no["callback_data"], channel="telegram", sender="42")
    on_telegram.run()
    assert "0 of 1 right" in bot_api.texts()[-1]
    found = sighting(camera, number)
    assert found
    assert found.right is False


def test_what_a_model_denies_is_not_said(claw: ClawUnderTest, camera: HomeRecord) -> None:  # noqa: F811
    """A sighting that is not confirmed makes no message."""
    claw.tell(ASKS)
    comes(camera, confirmed="no")
    claw.clock.now += 61
    assert claw.run() == []


def test_a_picture_that_is_gone_leaves_the_words(
    on_telegram: ClawUnderTest,
    camera: HomeRecord,
    bot_api: BotApi,  # noqa: F811
) -> None:
    """What is not kept any more, and what is no picture, is said in words alone."""
    on_telegram.hear(ASKS, channel="telegram", sender="42")
    on_telegram.run()
    asked = len(bot_api.sent)
    comes(camera, picture=b"<svg onload=alert(1)>")
    on_telegram.clock.now += 61
    on_telegram.run()
    (message,) = bot_api.sent[asked:]
    assert "photo" not in message
    assert "delivery truck at drive" in message["text"]


def test_nothing_but_pictures_of_the_state_folder_is_read(claw_state: Path, tmp_path: Path) -> None:  # noqa: F811
    """Neither a file elsewhere, nor by a link, nor what only is called a picture."""
    inside = claw_state / "overnight" / "a.jpg"
    inside.parent.mkdir(parents=True)
    inside.write_bytes(JPEG)
    elsewhere = tmp_path / "elsewhere.jpg"
    elsewhere.write_bytes(JPEG)
    link, text = inside.with_name("link.jpg"), inside.with_name("text.jpg")
    link.symlink_to(elsewhere)
    text.write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    assert read_picture(inside) == JPEG
    assert not any(map(read_picture, (elsewhere, link, text, inside.parent, inside.with_name("none.jpg"))))


def test_a_member_without_the_camera_hears_nothing_of_it(
    on_telegram: ClawUnderTest,
    camera: HomeRecord,
    bot_api: BotApi,  # noqa: F811
) -> None:
    """A camera that home.yaml does not give them is none for their sentences."""
    on_telegram.hear(ASKS, channel="telegram", sender="43")
    on_telegram.run()
    comes(camera)
    on_telegram.clock.now += 61
    on_telegram.run()
    assert not any("photo" in each for each in bot_api.sent)
