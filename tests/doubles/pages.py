"""The pages of the documentation, and the blocks of code in them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGES = {"python", "console", "yaml"}
"""A block in another language would not be run by any test."""


def blocks(page, language):
    """Line number and code of each block of a page."""
    found, begun = [], None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if begun is None and line.startswith("```"):
            begun, tag, lines = number, line[3:].strip(), []
            name = tag.partition(" title=")[0]
            assert name in LANGUAGES, f"{page.name}:{number}: a block of {tag!r}, which no test runs"
        elif begun is not None and line == "```":
            if tag == language:
                found.append((begun, "\n".join(lines) + "\n"))
            begun = None
        elif begun is not None:
            lines.append(line)
    assert begun is None, f"{page.name}:{begun}: the block does not end"
    return found
