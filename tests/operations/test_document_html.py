"""Pages of the documentation as HTML: their links lead to pages here, and nothing of them is markup of its own."""

import re

from pages import parse

from overnight.operations.document_html import to_html
from overnight.operations.documentation import documents, slug


def shown(text: str) -> str:
    """The HTML of a text."""
    return str(to_html(text))


def test_links_to_pages_lead_to_their_addresses() -> None:
    """With the part that they name; a link to a file that is no page is its text alone, and a picture its description."""
    assert '<a href="/docs/run#budget">runs</a>' in shown("# T\n\n[runs](run.md#budget)\n")
    assert '<a href="/docs/gate">g</a>' in shown("[g](docs/gate.md)")
    assert '<a href="https://example.org/">e</a>' in shown("[e](https://example.org/)")
    assert shown("[conduct](../CONDUCT.md) and [x](javascript:alert) ![a *plot*](gpt.png)") == (
        "<p>conduct and [x](javascript:alert) a *plot*</p>\n"
    )


def test_it_has_no_markup_style_or_title_of_its_own() -> None:
    """The page has its title already; a column's side would be an inline style, which the policy forbids."""
    found = shown("---\nname: x\n---\n# Title\n\n<script>a</script>\n\n| n |\n|--:|\n| 1 |\n")
    assert "Title" not in found and "name: x" not in found and "&lt;script&gt;" in found
    assert "<td>1</td>" in found and "style" not in found


def test_every_page_is_shown_whole() -> None:
    """Each is well formed, its headings can be linked to, and each link within the documentation leads to a heading."""
    made = {page.name: parse(f"<body>{to_html(page.text)}</body>") for page in documents()}
    ids = {name: {each.attributes.get("id", "") for each in page.elements} for name, page in made.items()}
    for page in documents():
        assert {slug(part) for part in page.parts} <= ids[page.name], page.name
        for link in made[page.name].all("a"):
            found = re.fullmatch(r"(?:/docs/([\w-]+))?(?:#(.+))?", link.attributes["href"])
            if found and found[2]:
                assert found[2] in ids[found[1] or page.name], f"{page.name}: {link.attributes['href']}"
