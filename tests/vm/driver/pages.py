# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the pages for people tell them to type. Scenarios take it from there, so that it is the page that is tried."""

import re

from driver.needs import REPOSITORY


def blocks(page: str, kind: str = "sh", section: str | None = None) -> list[str]:
    """The code blocks of a kind in a page of `docs/`, or in one of its sections, in their order."""
    text = (REPOSITORY / "docs" / page).read_text()
    if section is not None:
        _, found, text = text.partition(f"\n{section}\n")
        assert found, f"docs/{page} has no section {section}"
        deeper = len(section) - len(section.lstrip("#"))
        text = re.split(rf"^#{{1,{deeper}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def commands(page: str, section: str | None = None) -> list[str]:
    """The commands of a page, a line each, without what is said of them."""
    lines = (re.sub(r"\s+# .*", "", line) for block in blocks(page, section=section) for line in block.splitlines())
    return [line for line in lines if line]


def said(page: str, command: str) -> str:
    """A command that a page has, word for word."""
    assert command in commands(page), f"docs/{page} does not say `{command}` (any more)"
    return command
