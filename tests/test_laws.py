"""The laws of docs/architecture.md that import-linter cannot see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from server.app import create_app
from server.kit.crypto import generate
from server.kit.db import Database
from server.settings import Settings

ROOT = Path(__file__).parents[1]
LONGEST = 400
PACKAGES = ("server", "studio", "resources", "benchmarks", "tests", "packaging")


def sources(*folders: str) -> list[Path]:
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py") if "versions" not in p.parts)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def table() -> list[tuple[str, set[str], str]]:
    """The rows of the feature table: server folder, tab folders, docs page."""
    text = (ROOT / "docs/architecture.md").read_text()
    rows = []
    for line in text.split("## Where a feature lives")[1].split("\n\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[1] and not cells[0].startswith(("feature", "---")):
            tabs = set(re.findall(r"(\w+) \(", cells[2]))
            page = re.search(r"\((\S+\.md)\)", cells[3])
            rows.append((cells[1], tabs, page[1] if page else ""))
    return rows


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if node.module.count(".") == 1 else {node.module}
    return found


def test_the_table_names_every_server_domain() -> None:
    inner = {"kit", "migrations", "demo"}
    domains = {p.name for p in (ROOT / "server").iterdir() if (p / "__init__.py").exists()} - inner
    assert {row[0] for row in table()} == domains


def test_the_table_names_every_tab() -> None:
    tabs = {p.name for p in (ROOT / "studio/tabs").iterdir() if (p / "__init__.py").exists()}
    assert set().union(*(row[1] for row in table())) == tabs


def test_every_page_of_the_table_exists() -> None:
    assert all((ROOT / "docs" / page).is_file() for _, _, page in table())


def test_every_domain_has_tests_of_its_own() -> None:
    assert all((ROOT / "tests/server" / row[0]).is_dir() for row in table())


def test_prefix_and_tag_agree(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path), Database("sqlite://"), generate())
    known = {row[0] for row in table()}
    for path, methods in app.openapi()["paths"].items():
        if path in ("/health", "/metrics", "/v1/live"):
            continue
        domain = path.split("/")[2]
        assert domain in known, path
        for operation in methods.values():
            assert operation["tags"] == [domain], path


def test_a_file_does_one_thing() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in sources(*PACKAGES)}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_states_are_free_of_qt() -> None:
    for path in sources("studio"):
        if path.name.endswith("state.py") and path.parent.parent.name == "tabs":
            assert not any(module.startswith("PySide6") for module in imported(path)), path


def test_the_client_takes_only_wire_types_and_rules() -> None:
    allowed = re.compile(
        r"server\.\w+(\.\w+)?\.(schemas|rules)$|server\.kit\.(wire|params)$|server\.accounts\.permissions$"
        r"|server\.sparks\.engine(\.\w+)*$"
    )
    for path in sources("studio"):
        for module in imported(path):
            if module.startswith("server."):
                assert allowed.match(module), f"{name(path)} imports {module}"


def test_tests_never_sleep() -> None:
    for path in sources("tests"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                zero = [ast.unparse(a) for a in node.args] == ["0"]
                assert zero or called not in ("time.sleep", "sleep", "asyncio.sleep"), (
                    f"{name(path)}:{node.lineno}"
                )


def test_only_the_database_commits() -> None:
    """`Database.write` does, for the route or job step that opened it; so no service can."""
    committing = [
        name(path)
        for path in sources("server")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".commit", ".rollback"))
    ]
    assert set(committing) == {"server/kit/db.py"}


def opens_sessions(path: str) -> bool:
    """Whether a file of the server may open a write session: commands and reads are given theirs."""
    inner = {"service", "queries", "schemas"} & set(Path(path).with_suffix("").parts[2:])
    return not inner and Path(path).name not in ("handlers.py", "models.py", "rules.py", "schemas.py")


def test_services_and_queries_open_no_session() -> None:
    for path in sources("server"):
        if not opens_sessions(name(path)):
            opened = [f"{name(path)}:{block.lineno}" for block in write_blocks(path)]
            assert opened == []


def write_blocks(path: Path) -> list[ast.With]:
    """The `with db.write() as s:` of a file."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.With)
        and any(
            isinstance(item.context_expr, ast.Call)
            and isinstance(item.context_expr.func, ast.Attribute)
            and item.context_expr.func.attr == "write"
            for item in node.items
        )
    ]


WAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
SLOW_MODULES = {"asyncio", "httpx", "socket", "subprocess", "urllib", "worker"}
"""What talks to the network, to another process or to the event loop; `worker` is that of the media."""


def waits_in(block: ast.With) -> list[str]:
    """What in a write session would make every other writer wait for something slow."""
    found = [f"{ast.unparse(node)} at {node.lineno}" for node in ast.walk(block) if isinstance(node, WAITS)]
    for node in ast.walk(block):
        if isinstance(node, ast.Call) and ast.unparse(node.func).partition(".")[0] in SLOW_MODULES:
            found.append(f"{ast.unparse(node.func)} at {node.lineno}")
    return found


def test_nothing_waits_while_a_write_session_is_open() -> None:
    blocks = [(name(path), block) for path in sources("server") for block in write_blocks(path)]
    assert len(blocks) > 40
    assert {file: waits for file, block in blocks if (waits := waits_in(block))} == {}


def test_what_waits_in_a_write_session_would_be_found() -> None:
    bad = (
        "async def f():\n with db.write() as s:\n  await g(s)\n  httpx.get(url)\n  worker.run(Probe, path)\n"
    )
    block = next(node for node in ast.walk(ast.parse(bad)) if isinstance(node, ast.With))
    assert len(waits_in(block)) == 3


def test_no_address_in_what_pins_versions() -> None:
    for file in ("constraints.txt", "pyproject.toml"):
        assert not re.search(r"https?://|@ ", (ROOT / file).read_text()), file
