"""What `build.spec` puts into the bundle and what it leaves out, without building it."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Analysis:
    """Stands in for PyInstaller's: remembers what it was asked for, and finds what a build finds."""

    pure: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    def __init__(self, scripts: list[str], **asked: Any) -> None:
        self.asked = {"scripts": scripts, **asked}
        self.binaries = [(name, f"/somewhere/{name}", "BINARY") for name in (*KEPT, *LEFT_OUT)]
        self.datas = [
            ("PySide6/Qt/translations/qtbase_de.qm", "/somewhere", "DATA"),
            ("libQt6Pdf.so.6", "PySide6/Qt/lib/libQt6Pdf.so.6", "SYMLINK"),
            ("resources/brand.svg", "/somewhere", "DATA"),
        ]


KEPT = (
    "libcrypto.so.3",
    "libX11.so.6",
    "PySide6/Qt/lib/libQt6Gui.so.6",
    "PySide6/Qt/lib/libQt6Multimedia.so.6",
    "PySide6/Qt/plugins/platforms/libqxcb.so",
    "PySide6/Qt/plugins/platformthemes/libqxdgdesktopportal.so",
    "PySide6/Qt/plugins/imageformats/libqsvg.so",
    "av.libs/libharfbuzz-0f1e.so.0",
)
LEFT_OUT = (
    "libgtk-3.so.0",
    "libcairo.so.2",
    "PySide6/Qt/lib/libQt6Quick.so.6",
    "PySide6/Qt/plugins/imageformats/libqpdf.so",
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboardplugin.so",
)


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    collected: dict[str, list[str]] = {}

    def collect(program: object, binaries: list[Any], datas: list[Any], *, name: str) -> None:
        collected[name] = [entry[0] for entry in (*binaries, *datas)]

    tools = {
        "SPECPATH": str(ROOT),
        "Analysis": Analysis,
        "PYZ": lambda pure: pure,
        "EXE": lambda *parts, **asked: asked,
        "COLLECT": collect,
    }
    ran = runpy.run_path(str(ROOT / "build.spec"), init_globals=tools)
    return {"collected": collected["creator-studio"], **ran["analysis"].asked}


def test_every_module_of_ours_is_in_it(spec: dict[str, Any]) -> None:
    named = set(spec["hiddenimports"])
    expected = {"server.__main__", "server.app", "server.content.media.child", "studio", "studio.video.audio"}
    assert expected <= named
    for package in ("server", "studio"):
        modules = [path for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts]
        assert len([name for name in named if name.split(".")[0] == package]) == len(modules)


def test_every_file_that_is_read_at_run_time_is_in_it(spec: dict[str, Any]) -> None:
    shipped = {(Path(source).name, folder) for source, folder in spec["datas"]}
    assert {
        ("env.py", "server/migrations"),
        ("script.py.mako", "server/migrations"),
        ("0001_create_the_tables.py", "server/migrations/versions"),
        ("starter.json", "resources/policies"),
        ("Inter-Regular.ttf", "resources/fonts"),
        ("play.svg", "resources/icons"),
        ("NOTICE", "."),
    } <= shipped
    assert not [name for name, _ in shipped if name.endswith(".pyc")]


def test_only_what_is_unused_is_left_out(spec: dict[str, Any]) -> None:
    assert set(KEPT) | {"resources/brand.svg"} == set(spec["collected"])
