"""What import contracts cannot say: who may import `wsgi`, read the environment, or know of a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted([*(ROOT / "moderation").rglob("*.py"), *(ROOT / "models").rglob("*.py")])


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_wsgi_joins_nothing_but_the_app() -> None:
    assert set(imported(ROOT / "wsgi.py")) <= {
        "moderation.app.create_app",
        "moderation.errors.Misconfigured",
        "atexit",
        "gc",
        "__future__.annotations",
    }


def test_nobody_imports_wsgi() -> None:
    assert [path for path in MODULES if any(name.split(".")[0] == "wsgi" for name in imported(path))] == []


def test_only_the_web_knows_of_a_request() -> None:
    knowing = {path for path in MODULES if "flask.request" in set(imported(path))}

    assert {path for path in knowing if "web" not in path.parts} == set()
    assert knowing


def test_only_the_settings_read_the_environment() -> None:
    reading = {path for path in MODULES if reads_environment(path)}

    assert reading == {ROOT / "moderation" / "settings.py"}


def reads_environment(path: Path) -> bool:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and is_os(node)
        for node in tree
    )


def is_os(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "os"


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "core", "manager", "services"])
def test_no_module_has_a_name_that_means_nothing(name: str) -> None:
    assert [path for path in MODULES if name in {path.stem, path.parent.name}] == []
