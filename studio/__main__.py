"""`studio` or `python -m studio`: reads the command line, refuses what cannot work, starts the client."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path

NO_SCREEN = """There is no display here, so the window cannot be shown.
  On a desktop: run it in a terminal of the desktop session.
  Over SSH: ssh -X, or a virtual screen: xvfb-run -s '-screen 0 1440x900x24' {command}
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line `arguments` (default: the process's own); answers the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.check and not options.profile:
        parser.error("--check changes the settings of the profile: name one with --profile")
    if not options.command and not options.check:
        return _open(options.profile, options.server)
    if options.command == "sparks":
        from studio.sparks import command

        return command.run(options)
    if not _fits():
        return 2
    if options.command == "screenshots":
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from studio.screenshots import render

        return render(options.directory, options.theme, tour=options.tour)
    if options.check:
        from studio.check import check

        return check(options.profile, options.check)
    from studio.demo import start

    return start(options.data, options.media)


def _open(profile: Path | None, server: str | None) -> int:
    if not has_display():
        print(NO_SCREEN.format(command="studio"), file=sys.stderr)
        return 2
    from studio.launch import begin, launch

    gc.disable()  # loading leaves no garbage to look for; the client's own collector takes over
    begun = begin(profile=profile, server=server)
    if not _fits():  # asked late, since it loads Qt: the server process does not wait for that
        begun.give_up()
        return 2
    return launch(begun)


def _parser() -> argparse.ArgumentParser:
    from studio.sparks import command

    parser = argparse.ArgumentParser(prog="studio", description="The desktop client of Creator Studio.")
    parser.add_argument("--server", metavar="URL", help="use this server instead of one of its own")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="keep settings, drafts and data here")
    parser.add_argument("--check", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command")
    shots = commands.add_parser("screenshots", help="render every tab with demo data into a folder")
    shots.add_argument("directory", type=Path)
    shots.add_argument("--theme", choices=("dark", "light", "contrast"), help="only this theme")
    shots.add_argument("--tour", action="store_true", help="only the pictures of docs/tour.md, 1280x800")
    demo = commands.add_parser("demo", help="server and client on demo data")
    demo.add_argument("--data", type=Path, default=Path("var/demo"), help="the profile of the demo")
    demo.add_argument("--media", type=Path, help="a folder of your own video files")
    command.add_to(commands)
    return parser


def _fits() -> bool:
    reason = refused_pair(sys.version_info[:2], _pyside_version())
    if reason:
        print(reason, file=sys.stderr)
    return reason is None


def refused_pair(python: tuple[int, ...], pyside: tuple[int, ...]) -> str | None:
    """Why this pair of versions must not run, or None.

    PySide6 6.12 on a Python before 3.12 drops a reference to True at every `Signal.emit` and aborts
    after some 500 of them.
    """
    if python < (3, 12) and pyside >= (6, 12):
        return (
            f"PySide6 {'.'.join(map(str, pyside))} does not work with Python {'.'.join(map(str, python))}: "
            "it would end without warning after some seconds.\n"
            "Install PySide6 6.11 (pip install 'PySide6<6.12') or use Python 3.12."
        )
    return None


def _pyside_version() -> tuple[int, ...]:
    from PySide6 import __version_info__

    return tuple(int(part) for part in __version_info__[:2])


def has_display() -> bool:
    """Whether a window can be shown, or Qt was told to do without."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
