"""The watch of the home watches the cameras once something is looked out for, and says what keeps it from that."""

import anyio
import anyio.lowlevel
import pytest
from homes import home  # noqa: F401

from overnight.errors import UserError
from overnight.home.events import DeviceConfirmed, DeviceSeen, LookoutSet, Sighted
from overnight.home.record.record import HomeRecord
from overnight.home.things import Trait
from overnight.home.watching import cameras
from overnight.home.watching.cameras import CameraWatch


def test_cameras_are_watched_once_something_is_looked_out_for(
    home: HomeRecord,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not before, so that nothing heavy is loaded; a missing detector is said once, however often it is tried."""
    device = home.append(DeviceSeen(identity="c", family="camera", address="x", traits=(Trait.CAMERA,)))
    home.append(DeviceConfirmed(device=device, alias="street"))
    said, tries, begun = list[str](), list[int](), anyio.Event()
    lookout = 0

    async def watch(record: HomeRecord, *_: object, told, say) -> None:  # type: ignore[no-untyped-def]
        tries.append(1)
        if len(tries) < 4:
            raise UserError("the detector is not there", fix="overnight home eyes")
        seen = Sighted(device=device, lookout=lookout, label="truck", confirmed="yes", seen=1.0)
        told(record.append(seen))
        begun.set()
        await anyio.sleep_forever()

    monkeypatch.setattr(cameras, "watch", watch)
    monkeypatch.setattr(cameras, "LOOK_S", 0)
    monkeypatch.setattr(cameras, "AGAIN_S", 0)
    watched = CameraWatch(home, say=said.append)

    async def live() -> None:
        nonlocal lookout
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watched.run)
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            assert not tries and watched.doing() == ""
            lookout = home.append(LookoutSet(device=device, what="delivery truck"))
            assert watched.doing() == ", 1 lookout not watched"
            await begun.wait()
            assert watched.doing() == ", 1 lookout"
            tasks.cancel_scope.cancel()

    anyio.run(live)
    assert said[0] == "the cameras are not watched: the detector is not there; overnight home eyes"
    assert said[1:] == [f"#{home.store.newest()}: delivery truck at street"]
