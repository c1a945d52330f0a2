"""`/llms.txt`, which leads a model to the pages of the documentation."""

from collections.abc import Sequence

from aiohttp import web

from overnight.operations.llms_page import llms_text

ADDRESS = "/llms.txt"
SKILL = "docs/skill.md"  # the Markdown twin of the page that leads an agent


def routes() -> Sequence[web.RouteDef]:
    """The one route."""
    return [web.get(ADDRESS, _llms)]


async def _llms(_request: web.Request) -> web.Response:
    return web.Response(text=llms_text(SKILL), content_type="text/plain", charset="utf-8")
