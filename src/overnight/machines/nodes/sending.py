"""Contents of a job's folder on their way to its node: each only once, and in calls of bounded size."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from anyio import to_thread

from overnight.files.folders import OPEN_FILE, closing_descriptor, opened
from overnight.machines.nodes.calls import INLINE_BYTES, Answer, Lacks, Put, Start, State
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.nodes.manifest import Entry, Kind, names_of, parent_of
from overnight.machines.nodes.remote_node import RemoteNode
from overnight.words.foreign import printable

MOST_ATTEMPTS = 3  # to have all contents of a tree on a node at once
_SHOWN = 300  # characters of what a node says
Part = tuple[bytes, int, int, bytes]  # digest and size of a content, and bytes of it at an offset


async def start(node: RemoteNode, asked: Start, folder: Path) -> tuple[Answer, Sequence[bytes]]:
    """Start a job on a node that gets what it lacks first; how the job stands then.

    Raises:
        NodeLost: the node has no room for the tree.
        OSError: the folder cannot be read.
    """
    files = {each.content: each for each in asked.entries if each.kind is Kind.FILE}
    asked = asked.model_copy(update={"done": tuple(node.done)})
    for _ in range(MOST_ATTEMPTS):
        answer, beside = await _sent(node, asked, folder, files)
        node.done.difference_update(asked.done)
        if answer.state is not State.LACKING:
            return answer, beside
        node.known.difference_update(answer.lacking)
    raise NodeLost(node.name, "its cache has no room for all files of a job")


async def _sent(node: RemoteNode, asked: Start, folder: Path, files: Mapping[bytes, Entry]) -> tuple[Answer, Sequence[bytes]]:
    if not files.keys() - node.known:
        return await node.ask(asked, wait_s=asked.wait_s)
    inline = list[Part]()
    async with node.sending:
        unknown = [files[digest] for digest in files if digest not in node.known]
        if sum(each.size_bytes for each in unknown) <= INLINE_BYTES:
            inline = await to_thread.run_sync(lambda: list(_parts(folder, unknown)))
        else:
            await _put(node, asked.session, folder, files)
    digests = tuple(digest for digest, _, _, _ in inline)
    with_contents = asked.model_copy(update={"digests": digests}) if digests else asked
    answered = await node.ask(with_contents, [content for _, _, _, content in inline], wait_s=asked.wait_s)
    node.known.update(digests)
    return answered


async def _put(node: RemoteNode, session: str, folder: Path, files: Mapping[bytes, Entry]) -> None:
    unknown = tuple(digest for digest in files if digest not in node.known)
    answer, _ = await node.ask(Lacks(session=session, digests=unknown))
    parts = _parts(folder, [files[digest] for digest in answer.lacking if digest in files])
    while batch := await to_thread.run_sync(_batch, parts):
        digests, sizes, offsets, contents = zip(*batch, strict=True)
        answer, _ = await node.ask(Put(session=session, digests=digests, sizes=sizes, offsets=offsets), contents)
        if answer.state is State.FAILED:
            raise NodeLost(node.name, printable(answer.reason, _SHOWN))
    node.known.update(unknown)


def _batch(parts: Iterator[Part]) -> list[Part]:
    batch, size = list[Part](), 0
    for part in parts:
        batch.append(part)
        size += len(part[3])
        if size >= INLINE_BYTES:
            break
    return batch


def _parts(folder: Path, entries: Sequence[Entry]) -> Iterator[Part]:
    """The contents of these files, each in parts of bounded size."""
    with opened(folder) as top:
        for entry in entries:
            names, at = names_of(entry.path), 0
            with parent_of(top, names) as parent, closing_descriptor(os.open(names[-1], OPEN_FILE, dir_fd=parent)) as file:
                while True:
                    content = os.pread(file, min(INLINE_BYTES, entry.size_bytes - at), at)
                    yield entry.content, entry.size_bytes, at, content
                    at += len(content)
                    if at >= entry.size_bytes or not content:
                        break
