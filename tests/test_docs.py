"""What the documentation says is so."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_state_machines_in_the_docs_are_those_of_the_rules() -> None:
    script = runpy.run_path(str(ROOT / "scripts/machines.py"))
    assert len(script["PAGES"]) == 3
    for name in script["PAGES"]:
        page = (ROOT / "docs" / name).read_text()
        assert script["render"](name, page) == page, "stale: run `make docs`"


def test_the_model_card_has_the_figures_that_were_measured() -> None:
    script = runpy.run_path(str(ROOT / "scripts/model_card.py"))
    page = (ROOT / "docs/forensics.md").read_text()
    assert script["render"](page) == page


def test_every_file_that_the_map_of_the_server_names_exists() -> None:
    table = (ROOT / "server/README.md").read_text().split("## I want to change")[1].split("\n## ")[0]
    for words in re.findall(r"`([\w/.{},]+\.(?:py|json))`", table):
        folder, braces, tail = words.partition("{")
        names = (
            [folder + n + tail.split("}")[1] for n in tail.split("}")[0].split(",")] if braces else [words]
        )
        for path in names:
            assert (ROOT / "server" / path).exists() or (ROOT / path).exists() or _beside(path), path


def _beside(name: str) -> bool:
    """A bare file name follows one with its folder."""
    return "/" not in name and any((ROOT / "server").rglob(name))


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "server/README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_the_schema_of_sparks_is_that_of_the_types() -> None:
    script = runpy.run_path(str(ROOT / "scripts/spark_schema.py"))
    assert script["render"]() == script["PAGE"].read_text(), "stale: run `make docs`"
