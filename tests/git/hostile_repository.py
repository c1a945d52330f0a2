"""A repository whose configuration, hooks and attributes name a program wherever git can be made to run one."""

import os
import subprocess
from pathlib import Path

from checkouts import ENVIRONMENT, Checkout

ATTRIBUTES = """\
*.py filter=evil diff=evil merge=evil ident
*.txt filter=long diff=other merge=evil
*.sh filter=a.b=c
"""
HOOKS = (
    *("reference-transaction", "post-commit", "pre-commit", "post-checkout", "post-index-change", "update", "pre-auto-gc"),
    *("post-merge", "pre-push", "prepare-commit-msg", "commit-msg", "fsmonitor-watchman", "pre-receive", "post-rewrite"),
)
ALIASES = ("st", "cat-file", "status", "rev-parse", "diff-tree", "version")


class HostileRepository:
    """A checkout with a bait for each thing that git runs; a bait that is run leaves a mark with its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repo"
        self.worktree = folder / "linked"
        self._marks = folder / "marks"
        self._marks.mkdir(parents=True)
        self._bait = folder / "bait"
        self._bait.write_text(f'#!/bin/sh\n: >"{self._marks}/$1"\ncase $1 in *clean | smudge | process) exec cat ;; esac\n')
        self._bait.chmod(0o755)
        self.checkout = Checkout.make(self.folder)
        files = {"train.py": "rate = 0.1\n", "a.txt": "a\n", "run.sh": "#!/bin/sh\n", ".gitattributes": ATTRIBUTES}
        self.checkout.commit(files, programs=["run.sh"])
        self.checkout.git("worktree", "add", "-q", "-b", "linked", str(self.worktree))
        Checkout(self.worktree).commit({"a.txt": "a\nlinked\n"})
        self.checkout.commit({"a.txt": "main\na\n"})
        self._set_baits()

    @property
    def marks(self) -> set[str]:
        """The baits that were run so far."""
        return {path.name for path in self._marks.iterdir()}

    def change_files(self) -> None:
        """Change one file of each kind and touch another, so that git reads both, in both checkouts."""
        for folder in (self.folder, self.worktree):
            (folder / "train.py").write_text("rate = 0.2\n")
            (folder / "a.txt").write_text("changed\n")
            os.utime(folder / "run.sh", (1, 1))

    def _run(self, name: str) -> str:
        """What runs the bait, for a setting that is given to a shell."""
        return f"{self._bait} {name}"

    def _program(self, name: str) -> str:
        """A program that runs the bait, for a setting that is a path."""
        path = self._marks.parent / f"program-{name}"
        path.write_text(f'#!/bin/sh\nexec "{self._bait}" {name}\n')
        path.chmod(0o755)
        return str(path)

    def _settings(self) -> dict[str, str]:
        run, program = self._run, self._program
        return {
            "core.fsmonitor": program("fsmonitor"),
            "core.pager": run("pager"),
            "pager.log": run("pager-of-log"),
            "core.editor": run("editor"),
            "sequence.editor": run("sequence-editor"),
            "core.askPass": program("askpass"),
            "core.sshCommand": run("ssh"),
            "core.gitProxy": program("proxy"),
            "core.alternateRefsCommand": run("alternate-refs"),
            "core.hooksPath": str(self.folder / ".git/hooks"),
            "core.attributesFile": str(self.folder / ".git/more-attributes"),
            "core.excludesFile": str(self.folder / ".git/more-excludes"),
            "diff.external": program("external-diff"),
            "diff.evil.textconv": run("textconv"),
            "diff.other.command": program("diff-driver"),
            "interactive.diffFilter": run("diff-filter"),
            "filter.evil.clean": run("clean"),
            "filter.evil.smudge": run("smudge"),
            "filter.evil.required": "true",
            "filter.long.process": run("process"),
            "filter.a.b=c.clean": run("odd-clean"),
            "merge.evil.driver": f"{run('merge')} %O %A %B",
            "merge.tool": "evil",
            "mergetool.evil.cmd": run("mergetool"),
            "credential.helper": f"!{run('credential')}",
            "gpg.program": program("gpg"),
            "gpg.ssh.program": program("gpg-ssh"),
            "commit.gpgSign": "true",
            "log.showSignature": "true",
            "uploadpack.packObjectsHook": program("pack-objects"),
            "remote.origin.url": f"ext::{run('ext')}",
            "remote.origin.uploadpack": program("upload-pack"),
            "remote.origin.promisor": "true",
            "remote.origin.vcs": "evil",
            "remote.near.url": str(self.folder),
            "remote.near.uploadpack": program("near-upload-pack"),
            "extensions.partialClone": "origin",
            "extensions.worktreeConfig": "true",
            "core.repositoryFormatVersion": "1",
            "protocol.allow": "always",
            "protocol.ext.allow": "always",
            "submodule.x.update": f"!{run('submodule')}",
            "submodule.x.url": "./x",
            "tar.evil.command": run("tar"),
            "trailer.evil.command": run("trailer"),
            "trailer.evil.cmd": run("trailer"),
            "man.viewer": "evil",
            "man.evil.cmd": run("man"),
            "browser.evil.cmd": run("browser"),
            "help.browser": "evil",
            "hook.evil.command": run("configured-hook"),
            "maintenance.auto": "true",
            "gc.auto": "1",
            "include.path": str(self.folder / ".git/more-config"),
            **{
                f"alias.{name}": f"!{run('alias')}"
                for name in ("st", "cat-file", "status", "rev-parse", "diff-tree", "version")
            },
        }

    def _set_baits(self) -> None:
        git_dir = self.folder / ".git"
        (git_dir / "hooks").mkdir(exist_ok=True)
        for name in HOOKS:
            (git_dir / "hooks" / name).unlink(missing_ok=True)
            (git_dir / "hooks" / name).symlink_to(self._program("hook"))
        (git_dir / "more-config").write_text(f'[alias]\n\tincluded = "!{self._run("include")}"\n')
        (git_dir / "more-attributes").write_text("*.json filter=evil diff=evil\n")
        (git_dir / "info/attributes").write_text("*.md filter=evil diff=evil merge=evil\n")
        settings = self._settings()
        self.checkout.git("config", "--file", str(git_dir / "config.worktree"), "tar.own.command", self._run("worktree-config"))
        linked = self.folder / ".git/worktrees/linked/config.worktree"
        for name, value in settings.items():
            self._set(git_dir / "config", name, value)
            self._set(linked, name, value)
        for event in ("pre-commit", "post-commit", "reference-transaction", "post-index-change"):
            self._set(git_dir / "config", "hook.evil.event", event, add=True)

    def _set(self, file: Path, name: str, value: str, *, add: bool = False) -> None:
        """Set it as text, since the names of some are more than `git config` would take while others are set."""
        options = ["--add"] if add else []
        command = ["git", "config", "--file", str(file), *options, name, value]
        subprocess.run(command, cwd="/", env=ENVIRONMENT, check=True)


# What a user would type, each of which makes plain git run some of the baits.
PLAIN_COMMANDS = (
    *(("status",), ("diff",), ("diff", "--no-ext-diff"), ("st",), ("included",), ("add", "-A"), ("commit", "-qm", "x")),
    ("-c", "commit.gpgSign=false", "commit", "--no-verify", "-qm", "x"),
    ("-c", "commit.gpgSign=false", "commit", "--allow-empty", "-q"),
    *(("checkout", "-qf", "HEAD~1"), ("checkout", "-qf", "main"), ("reset", "-q", "--hard")),
    ("-c", "commit.gpgSign=false", "merge", "-qm", "x", "linked"),
    *(("fetch", "origin"), ("fetch", "near"), ("fetch", "ssh://127.0.0.1/x"), ("fetch", "git://127.0.0.1/x")),
    *(("interpret-trailers", "--trailer", "evil=x"), ("archive", "--format=evil", "HEAD")),
    *(("archive", "--format=own", "HEAD"), ("update-ref", "refs/x", "HEAD")),
)


def run_plain_git(hostile: HostileRepository) -> None:
    """Work in the checkout as its user would, with a git that reads what the repository says."""
    environment = {**ENVIRONMENT, "GIT_ALLOW_PROTOCOL": "ext:file:ssh:git"}
    for command in PLAIN_COMMANDS:
        subprocess.run(
            ["git", *command], cwd=hostile.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
