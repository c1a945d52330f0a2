"""The camera twin before the clients that cameras have: OpenCV by RTSP, and the ONVIF client with its WSDLs."""

import asyncio

import pytest

from overnight.home.twins.camera import CameraTwin
from overnight.home.twins.drawing import drawn
from overnight.home.twins.faults import HOSTILE_NAME, Fault


def test_opencv_sees_the_scene_by_rtsp() -> None:
    """With the login it decodes what the camera shows, after a change too; without it nothing opens."""

    def seen(url: str) -> tuple[tuple[int, ...], float] | None:
        import cv2

        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
        try:
            done, picture = capture.read()
            return (picture.shape, float(picture[150:250, 200:400].mean())) if done else None
        finally:
            capture.release()

    async def walk() -> None:
        scenes = drawn()
        camera = CameraTwin("Drive", {"empty": scenes["empty"], "truck": scenes["truck"][-1:]}, rtsp_port=0)
        await camera.start("127.0.0.1", 0)
        try:
            url = camera.rtsp.url.replace("//", "//admin:twin-camera@")
            empty = await asyncio.to_thread(seen, url)
            camera.show("truck")
            truck = await asyncio.to_thread(seen, url)
            assert empty and truck
            assert empty[0] == (360, 640, 3)
            assert abs(empty[1] - truck[1]) > 5
            assert await asyncio.to_thread(seen, camera.rtsp.url) is None
        finally:
            await camera.stop()

    asyncio.run(walk())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # theirs
def test_an_onvif_client_finds_the_streams() -> None:
    """Device, profile, stream and snapshot, with a token of WS-Security; a wrong password is not authorised."""

    async def walk() -> None:
        from onvif import ONVIFCamera, ONVIFError
        from zeep.exceptions import Fault as SoapFault

        camera = CameraTwin("Drive", {"empty": [b"\xff\xd8"]}, rtsp_port=0)
        await camera.start("127.0.0.1", 0)
        client = ONVIFCamera("127.0.0.1", camera.port, "admin", "twin-camera", adjust_time=True)
        wrong = ONVIFCamera("127.0.0.1", camera.port, "admin", "x")
        try:
            await client.update_xaddrs()
            device = await client.create_devicemgmt_service()
            assert (await device.GetDeviceInformation()).SerialNumber == camera.mac.upper()
            media = await client.create_media_service()
            [profile] = await media.GetProfiles()
            wanted = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            stream = await media.GetStreamUri({"StreamSetup": wanted, "ProfileToken": profile.token})
            assert stream.Uri == camera.rtsp.url
            assert (await media.GetSnapshotUri({"ProfileToken": profile.token})).Uri == f"{camera.url}/snapshot.jpg"
            camera.fault = Fault.HOSTILE
            said = str(await device.GetScopes())
            assert HOSTILE_NAME.replace(" ", "%20") in said
            camera.fault = Fault.HONEST
            with pytest.raises((ONVIFError, SoapFault)):
                await wrong.update_xaddrs()
                await (await wrong.create_devicemgmt_service()).GetDeviceInformation()
        finally:
            await client.close()
            await wrong.close()
            await camera.stop()

    asyncio.run(walk())
