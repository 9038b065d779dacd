"""The shape of the code: small files, small functions, each module with its test, each package under the contracts."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tools import ROOT

FILE_LINES = 300
FUNCTION_LINES = 25
# Longer functions, each with the reason why it reads better whole: "path:function" -> reason.
LONG_FUNCTIONS: dict[str, str] = {}

PACKAGES = [name for name in ("stream", "agents", "console") if (ROOT / name).is_dir()]
TOOLS = ["dashboards", "docgen"]  # not shipped, but held to the same shape
PRODUCT = sorted(file for name in (*PACKAGES, *TOOLS) for file in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def functions(file: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, Function))


def body_lines(function: Function, source: list[str]) -> int:
    """Lines of code in the body: no docstring, blank line or comment."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    if not body:
        return 0
    lines = source[body[0].lineno - 1 : function.end_lineno]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


def covers(test: Path) -> list[str]:
    """What a test file says it covers beside its namesake: "Covers stream/a.py, stream/b.py." in its docstring."""
    _, _, said = (ast.get_docstring(ast.parse(test.read_text())) or "").partition("Covers ")
    return re.findall(r"[\w/]+\.py", said)


def namesakes(module: str) -> list[str]:
    """Where the test of a module may stand: tests/ mirrors the tree, with or without the folder stream/."""
    path = Path(module)
    test = path.with_name(f"test_{path.name}").as_posix()
    return [f"tests/{test}", f"tests/{test.removeprefix('stream/')}"]


@pytest.mark.parametrize("file", [*PRODUCT, *TESTS], ids=relative)
def test_a_file_is_small(file: Path) -> None:
    lines = len(file.read_text().splitlines())
    assert lines <= FILE_LINES, f"{relative(file)} has {lines} lines: give one of its ideas a file of its own"


@pytest.mark.parametrize("file", PRODUCT, ids=relative)
def test_functions_are_small(file: Path) -> None:
    source = file.read_text().splitlines()
    sizes = {f"{relative(file)}:{function.name}": body_lines(function, source) for function in functions(file)}
    long = {name: size for name, size in sizes.items() if size > FUNCTION_LINES and name not in LONG_FUNCTIONS}
    assert not long, f"over {FUNCTION_LINES} lines: {long}"


def test_the_list_of_long_functions_is_true() -> None:
    """An entry whose function has become small, or is gone, must go."""
    still = {
        f"{relative(file)}:{function.name}"
        for file in PRODUCT
        for function in functions(file)
        if body_lines(function, file.read_text().splitlines()) > FUNCTION_LINES
    }
    assert set(LONG_FUNCTIONS) <= still


def test_each_module_has_its_test() -> None:
    named = {module for test in TESTS for module in covers(test)}
    wrong = named - set(map(relative, PRODUCT))
    assert not wrong, f"a docstring under tests/ says that it covers what is not there: {sorted(wrong)}"
    modules = [relative(file) for file in PRODUCT if file.stem not in ("__init__", "__main__")]
    lonely = [m for m in modules if m not in named and not any((ROOT / test).is_file() for test in namesakes(m))]
    assert not lonely, f"no test file, and none that says 'Covers {lonely[0]}': {lonely}"


def test_each_package_is_under_mypy_and_import_linter() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert {*PACKAGES, *TOOLS} <= set(tools["mypy"]["files"])
    assert set(PACKAGES) <= set(tools["importlinter"]["root_packages"])
    assert set(PACKAGES) <= set(tools["hatch"]["build"]["targets"]["wheel"]["packages"])


def test_the_count_of_lines() -> None:
    """The ruler itself: a docstring, blank lines and comments are no code."""
    source = 'def f():\n    """Doc."""\n\n    # why\n    a = [\n        1,\n    ]\n    return a\n'
    [function] = [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]
    assert body_lines(function, source.splitlines()) == 4
