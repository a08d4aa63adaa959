"""Where the frozen app starts: as client, as embedded server, as media worker, or as a command of either."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence

OURS = ("server", "studio")


def main(arguments: Sequence[str]) -> int:
    """Be what the first argument asks for; answers the exit status. Without one of these: the client.

    `--serve ...` and `--media-worker` are how the client starts its server and the server its workers.
    `-m server ...` and `-m studio ...` are the commands of a checkout, told as one tells them to Python, so
    that the program may call itself by `sys.executable` in either form. Each imports only its own side: a
    worker must not spend its bounded memory on Qt.
    """
    match list(arguments):
        case ["--media-worker"]:
            from server.content.media import child

            return child.main()
        case ["--serve", *rest]:
            from server.cli import main as server

            return server(["serve", *rest])
        case ["-m", module, *rest] if module.partition(".")[0] in OURS:
            sys.argv[1:] = rest
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            return 0
        case rest:
            from studio.__main__ import main as client

            return client(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
