"""`llms.txt`, the page that leads a model to the others (https://llmstxt.org): `python -m overnight.operations.llms_page`."""

import sys

from overnight.operations.documentation import SKILL, Document, documents

HEAD = """\
# overnight

> An autonomous research loop for a git repository: researchers propose changes, each runs in a jail and is measured against the
> best version so far, and only what is better beyond noise is kept, over the whole campaign and on a sealed holdout. It also
> has whole features coded by agents, checks them itself, and puts the results before a person.

Everything can be read and done in several ways, with the same names and the same data: the command line (`... --json`),
MCP (`overnight mcp`), REST (`overnight serve`, then `/api/v1/openapi.json`), and web pages with `.md` and `.json` twins.
`overnight docs NAME` prints each page below; `overnight docs --search WORDS` finds one.

An agent that is to run a campaign reads SKILL.md first. It never approves, allows, accepts or believes anything for its user:
an error that asks for that has the line to give them. A program whose commands its owner has not allowed starts neither over
MCP nor over REST: `overnight allow`, in a terminal, shows and allows them.
"""
REFERENCE = ("cli", "json", "glossary", "decisions")  # for looking things up


def llms_text(skill_at: str = "SKILL.md") -> str:
    """The whole page; `skill_at` is where the agent's page is."""
    pages = {page.name: page for page in documents()}
    skill = pages.pop(SKILL)
    reference = [pages.pop(name) for name in REFERENCE if name in pages]
    parts = [
        HEAD,
        "## Start here\n",
        f"- [{skill.title}]({skill_at}): {skill.about}\n",
        "## Docs\n",
        "\n".join(map(_line, pages.values())),
        "\n## Optional\n",
        "\n".join(map(_line, reference)),
    ]
    return "\n".join(parts) + "\n"


def _line(page: Document) -> str:
    return f"- [{page.title.replace('`', '')}](docs/{page.name}.md): {page.about}"


if __name__ == "__main__":
    sys.stdout.write(llms_text())
