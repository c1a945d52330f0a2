"""Lists and calls everything with the official SDK: run by the Python of `build/mcp/venv`, not by ours.

Its arguments are a revision or how to agree on one, the calls as JSON, and the command of the server. A line of JSON is what
came: the revision, the tools, and of each call whether it failed, its content, and how often progress was heard.
"""

# ruff: noqa: T201
import asyncio
import json
import os
import sys


async def main(mode: str, calls: str, command: list[str]) -> None:
    """Do it."""
    from mcp.client.client import Client  # type: ignore[import-not-found]  # of the other environment
    from mcp.client.stdio import StdioServerParameters  # type: ignore[import-not-found]

    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(server, mode=mode, read_timeout_seconds=120) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        results = []
        for name, given in json.loads(calls):
            heard: list[float] = []

            async def hear(done: float, _total: float | None, _words: str | None, heard: list[float] = heard) -> None:
                heard.append(done)

            found = await client.call_tool(name, given, progress_callback=hear)
            results.append([found.is_error, found.structured_content, len(heard)])
        resources = [each.uri for each in (await client.list_resources()).resources]
        templates = len((await client.list_resource_templates()).resource_templates)
        read = (await client.read_resource("overnight:///repos/r/campaigns/t")).contents[0].text
        print(json.dumps([client.protocol_version, tools, results, resources, templates, read]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
