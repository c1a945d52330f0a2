"""What every channel promises: a notice arrives once, or one line reports that it did not."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.notices.notice import Notice, Occasion
from overnight.notices.port import Channel, NotSent
from overnight.testing.failures import failure, is_one_line

SECRET = "tk-very-secret-1234"  # noqa: S105  # for a channel's address or password
FOREIGN = "größer: \"quoted\" 'single' $(touch x) `touch x` \\ %s {0} # ; | --flag"
PATIENCE_S = 60.0  # for a loaded machine; a channel's time limit in a test is a fraction of it


@dataclass(frozen=True, kw_only=True)
class BothEnds:
    """A channel, and its other end."""

    channel: Channel
    arrived: Callable[[], Sequence[str]]  # the text of each message that reached the other end, oldest first


class ChannelConformance:
    """What every `Channel` promises; SECRET is part of its address or password, if it has any."""

    def working(self, folder: Path) -> AbstractContextManager[BothEnds]:
        """A channel whose messages get through; `folder` is empty and for its own use."""
        raise NotImplementedError

    def refusing(self, folder: Path) -> AbstractContextManager[BothEnds]:
        """A channel whose other end refuses each message; those that it saw are `arrived`."""
        raise NotImplementedError

    def silent(self, folder: Path) -> AbstractContextManager[BothEnds]:
        """A channel whose other end never answers; its time limit is as short as possible."""
        raise NotImplementedError

    def test_a_notice_arrives_once_and_whole(self, tmp_path: Path) -> None:
        """The title and every line are in one message."""
        with self.working(tmp_path) as ends:
            _send(ends, _notice("reached", "The mean is 0.91.", "Kept last: #3."))
            (text,) = ends.arrived()
        assert all(part in text for part in ("reached", "The mean is 0.91.", "Kept last: #3."))

    def test_notices_arrive_in_order(self, tmp_path: Path) -> None:
        """Each send is one message, even if the notices are alike."""
        with self.working(tmp_path) as ends:
            for title in ("first", "second", "second"):
                _send(ends, _notice(title, "It ended."))
            texts = ends.arrived()
        assert [next(word for word in ("first", "second") if word in text) for text in texts] == ["first", "second", "second"]

    def test_foreign_text_arrives_as_text(self, tmp_path: Path) -> None:
        """Quotes, shell characters and accents are neither interpreted nor lost."""
        with self.working(tmp_path) as ends:
            _send(ends, _notice("reached", FOREIGN))
            (text,) = ends.arrived()
        assert FOREIGN in text
        assert not (tmp_path / "x").exists() and not Path("x").exists()

    def test_what_is_turned_away_is_not_sent(self, tmp_path: Path) -> None:
        """The reason is one line without any address or secret, and the wait is not negative."""
        with self.refusing(tmp_path) as ends:
            refused = failure(NotSent, lambda: _send(ends, _notice("reached", "It ended.")))
        assert is_one_line(str(refused))
        assert SECRET not in str(refused) and "://" not in str(refused)
        assert refused.wait_s >= 0.0

    def test_a_send_is_one_try(self, tmp_path: Path) -> None:
        """The caller chooses whether and when to try again."""
        with self.refusing(tmp_path) as ends:
            failure(NotSent, lambda: _send(ends, _notice("reached", "It ended.")))
            assert len(ends.arrived()) <= 1

    def test_a_send_ends(self, tmp_path: Path) -> None:
        """A channel that does not answer is given up after its time limit; it may be tried again."""
        with self.silent(tmp_path) as ends:
            refused = failure(NotSent, lambda: _send(ends, _notice("reached", "It ended.")))
        assert refused.again and is_one_line(str(refused))
        assert SECRET not in str(refused)


def _notice(title: str, *lines: str) -> Notice:
    return Notice(key=title, occasion=Occasion.TARGET, title=title, lines=lines, facts={"tag": "t", "value": "0.91"})


def _send(ends: BothEnds, notice: Notice) -> None:
    async def send() -> None:
        with anyio.fail_after(PATIENCE_S):
            await ends.channel.send(notice)

    asyncio.run(send())
