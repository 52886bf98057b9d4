"""The house as a test: sizes, banned calls, the lock file. Layers are import-linter's (make lint)."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pmo_sync"
MODULES = sorted(PACKAGE.rglob("*.py"))


def _calls(tree: ast.AST) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_small_and_says_what_it_is(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 340, "look for the missing idea"
    assert ast.get_docstring(ast.parse(text)), "starts with what lives here"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_banned_calls(module: Path) -> None:
    calls = _calls(ast.parse(module.read_text(encoding="utf-8")))
    banned = {"eval", "exec", "yaml.load", "datetime.now", "datetime.utcnow", "date.today", "print"}
    allowed: set[str] = set()
    if module.parent.name == "cli" or module.name == "__main__.py":
        allowed = {"print", "datetime.now"}
    assert not (banned - allowed) & set(calls)
    assert not any(call.endswith(("map_elements", "map_batches", "to_pandas")) for call in calls)


def test_the_lock_names_public_registries_only() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://([^/\"]+)/", lock))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    assert "file://" not in lock


def test_few_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(project["dependencies"]) <= 16
