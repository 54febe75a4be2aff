# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the pages for people tell them to type. Scenarios take it from there, so that it is the page that is tried."""

import re

from driver.needs import REPOSITORY

KINDS = ("sh", "toml", "ini", "nix", "text", "")
# Whatever else Markdown takes for code: in lists and quotes, by other marks, by its margin.
OTHER_CODE = re.compile(r"[\s>*+-]*(```|~~~|<pre|<code)|[\s>]*\d+[.)]\s+(```|~~~)| {4}|\t")
# Code in a line that begins with one of these and says more is a command; these that follow are by themselves, too.
PROGRAMS = "apt-get blufio cargo cat curl dd gh gpg gpgv journalctl mount nix rm ssh ssh-keygen sudo systemctl systemd-analyze systemd-creds xz".split()
ALONE = "blufio-keep-passphrase blufio-rollback blufio-update lsblk reboot".split()


def read(page: str) -> str:
    """A page of `docs/`."""
    return (REPOSITORY / "docs" / page).read_text()


def blocks(page: str, kind: str = "sh", section: str | None = None) -> list[str]:
    """The code blocks of a kind in a page of `docs/`, or in one of its sections, in their order."""
    text = read(page)
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


def overlooked(text: str) -> list[str]:
    """Code in a page that `blocks` would not find, by its line."""
    found, inside = [], False
    for number, line in enumerate(text.splitlines(), start=1):
        known = line == "```" or (not inside and line.startswith("```") and line[3:] in KINDS)
        if known:
            inside = not inside
        elif not inside and OTHER_CODE.match(line):
            found.append(f"{number}: {line.strip()}")
    return found + ["a block at the end has no end"] * inside


def in_sentences(text: str) -> list[str]:
    """The commands that stand in the sentences of a page."""
    sentences = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    found = (code.split() for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", sentences))
    return [" ".join(words) for words in found if _is_command(words)]


def _is_command(words: list[str]) -> bool:
    first = words[0]
    if first in ALONE or (first in PROGRAMS and len(words) > 1):
        return True
    script = REPOSITORY / first
    return first.startswith(("image/", "tests/")) and script.is_file() and script.stat().st_mode & 0o100 != 0


def said(page: str, command: str) -> str:
    """A command that a page has, word for word."""
    assert command in commands(page), f"docs/{page} does not say `{command}` (any more)"
    return command
