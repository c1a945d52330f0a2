"""What a person is told who has not installed the libraries of the home."""

import sys
from pathlib import Path

import anyio
import pytest
from homes import home  # noqa: F401

from overnight.errors import UserError
from overnight.home.drivers.registry import look, opened
from overnight.home.extras import MissingLibrary, check_libraries
from overnight.home.operations import home_eyes
from overnight.home.record.record import HomeRecord
from overnight.home.things import Device
from overnight.operations.operation import Context


def test_what_is_missing_is_named_with_its_fix() -> None:
    """One line with the modules, and the command that installs them here; what is there needs nothing."""
    check_libraries("this needs", "json", extra="home")
    with pytest.raises(UserError, match="this needs no_such_library") as raised:
        check_libraries("this needs", "json", "no_such_library", extra="cameras,home")
    assert raised.value.fix == f"{sys.executable} -m pip install 'overnight[cameras,home]'"


def test_a_family_without_its_library_is_no_bug(monkeypatch: pytest.MonkeyPatch, home: HomeRecord) -> None:  # noqa: F811
    """Neither asking what is at an address nor using a device ends in a traceback, if a driver imports it that late."""
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    device = Device(number=1, identity="it", family="zigbee", address="127.0.0.1:1", options={})

    async def use() -> None:
        async with opened(device):
            raise AssertionError("it was opened")

    for asked in (lambda: anyio.run(look, "zigbee", "127.0.0.1:1", {}), lambda: anyio.run(use)):
        with pytest.raises(MissingLibrary, match="devices of `zigbee` need `aiomqtt`"):
            asked()


def test_the_detector_is_not_fetched_in_vain(
    monkeypatch: pytest.MonkeyPatch,
    home: HomeRecord,  # noqa: F811
    tmp_path: Path,
) -> None:
    """What converts it is looked for before 145 MB are fetched."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr(home_eyes, "download", lambda *_: pytest.fail("it was fetched"))
    with pytest.raises(MissingLibrary, match="the detector needs onnx"):
        home_eyes.run(Context(where=tmp_path), home_eyes.EyesInput())
