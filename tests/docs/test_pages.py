"""The pages that are written by hand: their links, the files that they name, the commands that they show."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents import cli
from tests.support.replaying import replay, rows
from tests.support.tools import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
MADE = ("deploy/secrets/", "out/")  # what commands make is not in git
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:agents|stream|docs|deploy|tests|examples|bench|docgen|dashboards|requirements)/[\w./-]*)`")
_COMMAND = re.compile(r"(?:\$ )?(?:\.venv/bin/)?journeywatch (.*)")
_USAGE = re.compile(r"\.\.\.|[\[|<]")  # of a line that shows what may be said, rather than something said


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def block_lines(page: Path) -> Iterator[str]:
    """The lines of a page's code blocks; one that ends in a backslash goes on."""
    for block in _FENCE.findall(page.read_text("utf-8")):
        yield from re.sub(r"\\\n\s*", " ", block).splitlines()


def commands(page: Path) -> list[list[str]]:
    """What a page's code blocks give to journeywatch: without prompts, and without remarks after two spaces or #."""
    found = [match[1] for line in block_lines(page) if (match := _COMMAND.fullmatch(line.strip()))]
    said = [re.split(r"\s{2,}(?!-)|\s#", line)[0] for line in found]
    return [shlex.split(line) for line in said if not _USAGE.search(line)]


def options(command: str) -> set[str]:
    """The long options of a command."""
    one = argparse.ArgumentParser(add_help=False)
    cli.COMMANDS[command][1](one)
    return {text for action in one._actions for text in action.option_strings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    inside = [link for link in _LINK.findall(prose(page)) if "://" not in link]
    for link in inside:
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_leads_to_every_page() -> None:
    """By links, over other pages."""
    seen, ahead = set(), [PAGES[0]]
    while ahead:
        page = ahead.pop()
        if page in PAGES and page not in seen:
            seen.add(page)
            ahead += [(page.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(prose(page))]
    by_hand = {page for page in PAGES if page.parent.name != "adr" and page.name != "CHANGELOG.md"}
    assert sorted(map(name, by_hand - seen)) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name)
def test_files_that_are_named_are_there(page: Path) -> None:
    gone = [file for file in _FILE.findall(prose(page)) if not file.startswith(MADE) and not (ROOT / file).exists()]
    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_are_taken_as_they_are_written(page: Path) -> None:
    """Their options, and what the command line itself refuses; what they name need not be there."""
    for command in commands(page):
        cli.parser().parse_args(command)
    for word in re.findall(r"`journeywatch ([a-z]+)", prose(page)):
        assert word in cli.COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_knows_what_pages_ask_of_it(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = {match[1] for line in block_lines(page) if (match := re.match(r"make ([a-z]+)", line))}
    assert shown | set(re.findall(r"`make ([a-z]+)", prose(page))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_modules_that_are_to_be_run_are_there(page: Path) -> None:
    for module in re.findall(r"python -m ([a-z_.]+)", page.read_text("utf-8")):
        file = ROOT / module.replace(".", "/")
        assert file.with_suffix(".py").is_file() or (file / "__main__.py").is_file(), module


def test_pages_show_commands_at_all() -> None:
    """The ruler itself."""
    shown = [command for page in PAGES for command in commands(page)]
    assert len(shown) >= 15
    assert {command[0] for command in shown} >= {"replay", "send", "check", "backtest", "tune", "worker", "topics"}


COMMANDS = (ROOT / "docs/commands.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.*)$", COMMANDS, re.MULTILINE))


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_the_page_of_commands_has_each_option(command: str) -> None:
    """In the command's row; those that several share anywhere."""
    shared = {"--settings", "--source", "--mapping", "--at", "--out"}
    assert {option for option in options(command) - shared if f"`{option}`" not in ROWS[command]} == set()
    assert all(f"{option} " in COMMANDS for option in options(command) & shared)


def test_the_example_gives_what_the_page_says(tmp_path: Path) -> None:
    """Fields by the tables, files by their names."""
    path = tmp_path / "log.ndjson"
    path.write_text(COMMANDS.partition("```ndjson\n")[2].partition("```")[0])
    assert cli.main(["check", str(path)]) == 0
    out = replay(tmp_path / "results", path)
    for file, more in (("readings.json", {"benchmarks"}), ("alerts.json", set())):
        table = COMMANDS.partition(f"**{file}**")[2].partition("\n\n**")[0]
        named = {
            word for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for word in re.findall(r"`(\w+)`", cell)
        }
        assert named == {field for row in rows(out, file) for field in row} | more
    assert [(a["signal"], a["status"]) for a in rows(out, "alerts.json")] == [("reopened", "open")]
    assert {file.name for file in out.iterdir()} == set(re.findall(r"^\*\*([\w.]+)\*\*", COMMANDS, re.MULTILINE))
    assert json.loads((out / "alerts.ndjson").read_text().splitlines()[0])["opened"] == 1_767_693_600_000
