"""Every setting is documented, and so is every variable that the product reads."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

from server.settings import Settings
from studio.settings import TABLE

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/settings.md"


def test_the_tables_are_those_of_the_code() -> None:
    script = runpy.run_path(str(ROOT / "scripts/settings_page.py"))
    page = PAGE.read_text()
    assert script["render"](page) == page, "stale: run `make docs`"


def test_every_server_setting_is_on_the_page() -> None:
    page = PAGE.read_text()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"`{field.validation_alias or f'STUDIO_{name}'.upper()}`" in page


def test_every_client_setting_is_on_the_page() -> None:
    page = PAGE.read_text()
    for setting in TABLE:
        assert setting.doc, setting.key
        assert f"| `{setting.key}` |" in page


def variables() -> Iterator[tuple[str, str]]:
    for folder in ("server", "studio", "packaging"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in re.findall(r"\"(STUDIO_[A-Z_]*[A-Z])\"", path.read_text()):
                yield name, str(path.relative_to(ROOT))


def test_every_variable_that_the_product_names_is_on_the_page() -> None:
    named = dict(variables())
    assert "STUDIO_ADMIN_PASSWORD" in named, "the search finds nothing"
    page = PAGE.read_text()
    assert {name: path for name, path in named.items() if f"`{name}`" not in page} == {}
