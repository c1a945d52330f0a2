"""The executor without a jail."""

import os
from pathlib import Path

from overnight.jail.process import ProcessExecutor
from overnight.testing import ExecutorConformance


class TestProcess(ExecutorConformance):
    """Plain processes keep what every executor promises."""

    def make(self) -> ProcessExecutor:
        return ProcessExecutor(slots=2, search_path=os.environ["PATH"])

    def test_own_folder_may_be_deleted(self, tmp_path: Path) -> None:
        """A job that deletes its current folder does us no harm."""
        result, _ = self.run(tmp_path, 'rmdir "$PWD"')
        assert (result.exit_code, result.detail) == (0, "")
