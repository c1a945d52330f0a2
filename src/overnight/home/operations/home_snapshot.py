"""A picture of now, of a camera."""

from dataclasses import dataclass

from overnight.errors import UserError
from overnight.home.acting.session import check_named
from overnight.home.drivers.registry import opened as opened_driver
from overnight.home.operations._home import DeviceName, of_device, see
from overnight.home.port import DeviceError
from overnight.home.sightings.pictures import keep, path_of
from overnight.home.things import Device, Trait
from overnight.models.pictures import read_size
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInput:
    """Which camera."""

    device: DeviceName


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The picture."""

    camera: str
    picture: str  # its digest
    path: str
    width: int  # pixels
    height: int
    size_bytes: int


def run(context: Context, given: SnapshotInput) -> Snapshot:
    """Take it; it is kept as long as the pictures of sightings."""
    import anyio

    with of_device(context, given.device) as (record, _, device):
        check_named(device)
        if Trait.CAMERA not in device.traits:
            raise UserError(f"{device.alias or given.device} is no camera", fix="overnight home devices")
        try:
            picture = anyio.run(_take, device)
        except DeviceError as error:
            raise UserError(f"{device.alias} shows nothing: {one_line(str(error), 200)}", fix="overnight home state") from error
        digest, size = keep(record.folder, picture), read_size(picture)
        return Snapshot(
            camera=device.alias,
            picture=digest,
            path=path_of(record.folder, digest),
            width=size.width if size else 0,
            height=size.height if size else 0,
            size_bytes=len(picture),
        )


async def _take(device: Device) -> bytes:
    async with opened_driver(device) as driver:
        return bytes(await driver.snapshot())  # type: ignore[attr-defined]  # a camera's driver has it


def render(found: Snapshot) -> str:
    """Where it is."""
    return f"{found.camera}: {found.width} by {found.height} pixels, {found.path}"


OPERATION = Operation(
    name="home snapshot",
    about="Take a picture with a camera.",
    input=SnapshotInput,
    output=Snapshot,
    tier=Tier.READ,
    requires=see,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
