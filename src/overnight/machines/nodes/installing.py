"""Makes a Dask worker a node of ours; it runs there."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from overnight.files.own import make_folder
from overnight.machines.nodes.calls import OP
from overnight.machines.nodes.node import Node

if TYPE_CHECKING:
    from distributed import Worker

_ATTRIBUTE = "overnight_node"  # of the worker, so that there is one


async def install(dask_worker: "Worker") -> None:
    """Have a worker answer our calls, once."""
    if hasattr(dask_worker, _ATTRIBUTE):
        return
    root = folder_of(dask_worker.local_directory, str(dask_worker.name))
    make_folder(root.parent)
    ready: asyncio.Future[Node] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(_serve(root, ready))
    setattr(dask_worker, _ATTRIBUTE, task)
    node = await ready

    async def answer(name: str, body: bytes, contents: Any) -> Any:  # Any: as msgpack has it
        found, beside = await node.call(name, body, list(contents))
        return {"body": found, "contents": list(beside)}

    dask_worker.handlers[OP] = answer


async def _serve(root: Path, ready: "asyncio.Future[Node]") -> None:
    """Be a node until the worker ends."""
    try:
        async with Node(root) as node:
            ready.set_result(node)
            await asyncio.Event().wait()
    except Exception as error:
        if not ready.done():
            ready.set_exception(error)
            return
        raise


def folder_of(local_directory: str, name: str) -> Path:
    """The folder of a node of this name: beside the worker's own, which is deleted with it."""
    scratch = next((each for each in Path(local_directory).parents if each.name.startswith("dask-scratch-space")), None)
    base = scratch.parent if scratch else Path(tempfile.gettempdir())
    plain = "".join(each if each.isalnum() or each in "-._" else "_" for each in name)
    return base / f"overnight-{os.getuid()}" / f"node-{plain}"
