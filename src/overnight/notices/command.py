"""A command of the user's settings: the text on its standard input, the facts in its environment, never on a command line."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

import anyio

from overnight.notices.command_receiver import SAID_BYTES, CommandReceiver, last_line
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import NotSent
from overnight.notices.secrets import environment_for
from overnight.user_command import end_session

WALL_S = 20.0
PREFIX = "OVERNIGHT_"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandChannel:
    """Runs an argument vector; exit code 0 is success."""

    spec: NotifySpec
    environment: Mapping[str, str]
    wall_s: float = WALL_S

    @property
    def receiver(self) -> CommandReceiver | None:
        """What hears, if the settings have a command for it."""
        return CommandReceiver(spec=self.spec, environment=self.environment) if self.spec.receive else None

    async def send(self, notice: Notice) -> None:
        """Run it once."""
        facts = {"title": notice.title, **notice.facts}
        fact_variables = {f"{PREFIX}{name.upper()}": fact for name, fact in facts.items()}
        environment = environment_for(self.spec.variables, self.environment) | fact_variables
        with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as errors:  # a pipe could block for lack of a reader
            text.write(f"{notice.title}\n{notice.text}\n".encode())
            text.seek(0)
            code = await self._run(text.fileno(), environment, errors.fileno())
            if code:
                raise NotSent(f"it exited with {code}{last_line(_end_of(errors.fileno()))}", again=True)

    async def _run(self, text: int, environment: Mapping[str, str], errors: int) -> int:
        try:
            process = await anyio.open_process(
                self.spec.command,
                stdin=text,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise NotSent(f"it cannot be started: {error.strerror}", again=False) from None
        try:
            with anyio.fail_after(self.wall_s):
                return await process.wait()
        except TimeoutError:
            raise NotSent(f"it took more than {self.wall_s:.0f} s", again=True) from None
        finally:
            if process.returncode is None:
                await end_session(process)


def _end_of(file: int) -> bytes:
    return os.pread(file, SAID_BYTES, max(0, os.fstat(file).st_size - SAID_BYTES))
