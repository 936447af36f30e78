"""Short functions, short modules: the shape that keeps the rest readable."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("dash_app", "pages", "components", "services", "optimizer", "controllers", "slothbox")
MODULE_LINES = 250
FUNCTION_LINES = 60
USUAL_LINES = 30
SHARE_OVER_USUAL = 0.10


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def functions() -> list[tuple[str, int]]:
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", body_lines(node))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_there_is_something_to_measure() -> None:
    assert len(modules()) > 50 and len(functions()) > 300


def test_no_module_is_longer_than_250_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    assert [(name, lines) for name, lines in functions() if lines > FUNCTION_LINES] == []


def test_at_most_a_tenth_of_the_functions_are_longer_than_30_lines() -> None:
    found = functions()
    long = [name for name, lines in found if lines > USUAL_LINES]
    assert len(long) <= SHARE_OVER_USUAL * len(found), long


def test_every_module_says_why_it_exists() -> None:
    silent = [str(path.relative_to(ROOT)) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []
