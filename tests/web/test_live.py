"""Pages that are viewed: made once for all their viewers, when something changed, and not at all without viewers."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from overnight.files.signature import signature_of
from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal
from overnight.web.calls import Caller
from overnight.web.live import Limits, LivePages, Pace, TooMany, ViewedPage
from overnight.web.made_pages import MadePage, PageKey, make_page, packed

CALLER = Caller(principal=OWNER, origin=Origin.OWNER, address=Address(channel="web", id="browser"))
HOME = PageKey.of("/home", [], CALLER)
OTHER = PageKey.of("/loops", [], CALLER)
QUICK = Pace(look=0.001, again=60.0, each=0.0)


@dataclass
class Maker:
    """Makes the page that its text says, and counts."""

    file: Path
    text: str = "first"
    cost_s: float = 0.0
    fails: bool = False
    made: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, address: PageKey, caller: Caller, watched: tuple[Path, ...] = ()) -> MadePage:
        signature = signature_of((self.file,))
        with self.changed:
            self.made.append(self.text)
            self.changed.notify_all()
        if self.fails:
            raise OSError("no disk")
        assert caller is CALLER
        return packed(self.text, HTTPStatus.OK, watched=(self.file,), signature=signature, cost_s=self.cost_s)

    def wait_for(self, text: str) -> None:
        """Until it was made with this text."""
        with self.changed:
            assert self.changed.wait_for(lambda: text in self.made, 60)

    def change(self, text: str) -> None:
        """What a session does: the page is another one, and a file changes."""
        self.text = text
        self.file.write_text(text * len(self.made))


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


async def version(page: ViewedPage, *, other_than: str = "") -> str:
    """Wait for a version of a page."""
    while page.made is None or page.made.version == other_than:
        await page.changed(60)
    return page.made.version


def test_a_change_is_made_once_for_all_who_view(tmp_path: Path) -> None:
    """Two viewers and one who only asks for the page get the same, and it was made once."""
    maker = Maker(tmp_path / "file")

    async def view() -> None:
        live = LivePages(pace=QUICK, make=maker)
        with live.viewing(HOME, CALLER, "a") as one, live.viewing(HOME, CALLER, "b") as two:
            first = await version(one)
            maker.change("second")
            second = await version(one, other_than=first)
            assert await version(two, other_than=first) == second == (await live.page(HOME, CALLER)).version
            assert maker.made == ["first", "second"]
        await live.close()

    run(view())


def test_nothing_is_done_for_a_page_that_nobody_views(tmp_path: Path) -> None:
    """With the last viewer its watcher goes; who asks for the page then gets it as it is."""
    maker = Maker(tmp_path / "file")

    async def view() -> None:
        live = LivePages(pace=QUICK, make=maker)
        with live.viewing(HOME, CALLER, "a") as page:
            await version(page)
            keepers = list(live._keepers.values())
        maker.change("second")
        assert live.watched == 0
        await asyncio.wait(keepers)
        assert maker.made == ["first"]
        await live.page(HOME, CALLER)
        assert maker.made == ["first", "second"]

    run(view())


def test_who_asks_at_the_same_moment_gets_the_same(tmp_path: Path) -> None:
    """A page that many ask for at once is made once; so are pages of others at the same time."""
    maker = Maker(tmp_path / "file")

    async def view() -> None:
        live = LivePages(pace=QUICK, make=maker)
        asked = [live.page(address, CALLER) for address in (HOME, OTHER) for _ in range(50)]
        assert len({made.version for made in await asyncio.gather(*asked)}) == 1
        assert len(maker.made) == 2

    run(view())


def test_a_clock_alone_is_no_change(tmp_path: Path) -> None:
    """What changes by itself is left out when a page is compared; viewers get it from time to time."""
    clock = "<p>{}</p><time data-clock>{} s</time>"
    maker = Maker(tmp_path / "file", text=clock.format("a", 1))

    def version_of(text: str) -> str:
        return packed(text, HTTPStatus.OK, watched=(), signature=(), cost_s=0.0).version

    async def view() -> None:
        live = LivePages(pace=QUICK, make=maker)
        with live.viewing(HOME, CALLER, "a") as page:
            first = await version(page)
            for seconds in (2, 3):
                maker.change(clock.format("a", seconds))
                await to_thread.run_sync(maker.wait_for, maker.text)
            assert await version(page) == first
            maker.change(clock.format("b", 4))
            assert await version(page, other_than=first) == version_of(maker.text)
        await live.close()

    async def view_clock() -> None:
        live = LivePages(pace=Pace(look=0.001, again=60.0, clock=0.0), make=maker)
        with live.viewing(HOME, CALLER, "a") as page:
            first = await version(page)
            maker.change(clock.format("b", 5))
            assert await version(page, other_than=first) == version_of(maker.text)
        await live.close()

    run(view())
    run(view_clock())


def test_a_change_without_a_file_is_seen_at_the_second_look(tmp_path: Path) -> None:
    """A session that is killed writes nothing, but is shown."""
    maker = Maker(tmp_path / "file")

    async def view() -> None:
        live = LivePages(pace=Pace(look=0.001, again=0.01), make=maker)
        with live.viewing(HOME, CALLER, "a") as page:
            first = await version(page)
            maker.text = "killed"
            assert await version(page, other_than=first) != first
        await live.close()

    run(view())


def test_viewers_and_pages_are_bounded(tmp_path: Path) -> None:
    """One too many is refused, until another goes: of a session, in all, and of different pages."""
    maker = Maker(tmp_path / "file")

    async def view(limits: Limits, first: list[tuple[PageKey, str]], more: tuple[PageKey, str]) -> None:
        live = LivePages(limits, QUICK, maker)
        with ExitStack() as open_pages:
            for address, session in first:
                open_pages.enter_context(live.viewing(address, CALLER, session))
            with pytest.raises(TooMany), live.viewing(more[0], CALLER, more[1]):
                pass
        with live.viewing(more[0], CALLER, more[1]):
            assert live.watched == 1
        await live.close()

    run(view(Limits(of_session=2), [(HOME, "a"), (HOME, "a")], (HOME, "a")))
    run(view(Limits(viewers=2), [(HOME, "a"), (HOME, "b")], (HOME, "c")))
    run(view(Limits(pages=1), [(HOME, "a")], (OTHER, "b")))


def test_all_ends_at_once(tmp_path: Path) -> None:
    """When the server ends, viewers are let go, nothing is made any more, and nobody new comes in."""
    maker = Maker(tmp_path / "file")

    async def view() -> None:
        await to_thread.run_sync(str)  # starts a worker that stays
        before, live = asyncio.all_tasks(), LivePages(pace=QUICK, make=maker)
        with live.viewing(HOME, CALLER, "a") as page:
            await version(page)
            waiting = asyncio.create_task(page.changed(60))
            await asyncio.sleep(0)
            await live.close()
            await waiting
            assert page.ended
            with pytest.raises(TooMany), live.viewing(OTHER, CALLER, "b"):
                pass
        assert asyncio.all_tasks() == before

    run(view())


def test_a_fault_of_ours_lets_viewers_go_and_come_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A page that cannot be made ends the streams of its viewers; the next viewer has it tried again."""
    maker = Maker(tmp_path / "file", fails=True)

    async def view() -> None:
        live = LivePages(pace=QUICK, make=maker)
        with live.viewing(HOME, CALLER, "a") as page:
            await page.changed(60)
            assert page.ended
            maker.fails = False
            with live.viewing(HOME, CALLER, "b") as again:
                assert await version(again)
        assert live.watched == 0

    run(view())
    assert "no disk" in caplog.text


def test_what_one_may_see_is_not_shown_to_another() -> None:
    """The same address asked for by another principal is another page."""
    reader = replace(CALLER, principal=Principal(Kind.MEMBER, "reader"))
    assert PageKey.of("/home", [], reader) != HOME
    assert PageKey.of("/home", [("limit", "2")], CALLER) != HOME


def test_a_page_that_is_not_there_is_a_page_too() -> None:
    """It says so, with the status of HTTP, and nothing is watched for it."""
    made = make_page(PageKey.of("/nothing", [], CALLER), CALLER)
    assert (made.found, made.status, made.watched) == (False, 404, ())
