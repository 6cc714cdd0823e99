"""The house: who may import whom (DESIGN section 3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "consolesvc"

FLOORS = {
    "errors": 0,
    "elsewhere": 0,
    "ownership": 0,
    "systemd": 0,
    "whole": 0,
    "client": 1,
    "subject": 0,
    "config": 1,
    "rounds": 1,
    "tokens": 1,
    "emulator": 2,
    "log": 2,
    "logs": 3,
    "lines": 3,
    "console": 4,
    "inventory": 5,
    "feed": 5,
    "states": 6,
    "http": 6,
    "power": 7,
    "identity": 7,
    "audit": 7,
    "compute": 8,
    "proxy": 8,
    "web": 8,
    "webhooks": 8,
    "metrics": 9,
    "watching": 9,
    "oversight": 10,
    "intake": 11,
    "reloading": 12,
    "service": 13,
    "listeners": 8,
    "ports": 9,
    "state": 1,
    "local": 2,
    "moving": 2,
    "cli": 14,
    "tethered": 15,
    "fakecloud": 2,
    "pytest_plugin": 3,
}
"""A module imports from its own part and from lower floors. DESIGN's floors, with those steps within them that its
text asks for: an emulated line stands on the emulator, the inventory on consoles, identity and the faces on `http`."""

AIOHTTP = (
    *(
        "http",
        "identity",
        "compute",
        "proxy",
        "web",
        "webhooks",
        "metrics.face",
        "ports",
        "oversight",
        "service",
        "cli.attach",
    ),
    *("lines.remotecalls", "lines.remotelogin", "lines.remotesession"),
)
"""The parts that may import aiohttp; of the lines, those that a line to another consolesvc imports when it is made."""
PYSERIAL = ("lines.tty", "lines.serial")
"""The modules that may import pyserial."""


def test_no_module_imports_from_its_own_or_a_higher_floor() -> None:
    """An import goes down, or stays within its part of the house."""
    upward = [
        f"{module} imports {target}"
        for module, target in edges()
        if part(module) != part(target) and FLOORS[part(target)] >= FLOORS[part(module)]
    ]
    assert upward == []


def test_there_is_no_import_cycle() -> None:
    """No module reaches itself through its imports."""
    graph: dict[str, set[str]] = {}
    for module, target in edges():
        graph.setdefault(module, set()).add(target)
    cycles = [module for module in graph if module in reach(graph, module)]
    assert cycles == []


def test_aiohttp_is_imported_only_in_the_faces_and_the_service() -> None:
    """Everything below the faces runs, and is tested, without HTTP."""
    assert [m for m in importers("aiohttp") if not m.startswith(AIOHTTP)] == []


def test_pyserial_is_imported_only_in_the_lines_that_need_it() -> None:
    """Start-up time and memory are features."""
    assert [m for m in importers("serial", "serial_asyncio") if m not in PYSERIAL] == []


def test_every_part_of_the_house_has_a_floor() -> None:
    """A new part is put on a floor on purpose."""
    found = {part(module) for module in modules() if part(module)}
    assert found == FLOORS.keys()


def modules() -> Iterator[str]:
    """Every module's name, without the package's: `lines.base`, `errors`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        if name not in ("", "__main__"):
            yield name


def part(module: str) -> str:
    """The part of the house a module belongs to."""
    return module.partition(".")[0]


def imports(module: str) -> Iterator[str]:
    """Full names of what a module imports at run time, wherever in its text."""
    path = PACKAGE.joinpath(*module.split("."))
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def edges() -> Iterator[tuple[str, str]]:
    """Imports within the package: importer, imported module."""
    known = set(modules())
    for module in known:
        for name in imports(module):
            target = name.removeprefix("consolesvc.")
            if target != name:
                target = target if target in known else target.rpartition(".")[0]
                if target in known and target != module:
                    yield module, target


def importers(*packages: str) -> list[str]:
    """The modules that import one of these packages."""
    return [m for m in modules() if any(name.partition(".")[0] in packages for name in imports(m))]


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    """Everything a module imports, through others."""
    seen: set[str] = set()
    todo = list(graph.get(start, ()))
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo.extend(graph.get(module, ()))
    return seen
