"""A server that keeps the contract of `python -m server serve` with a minimum of server.

python fake_server.py MODE --port N --data DIR --announce
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def announce(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--announce", action="store_true", required=True)
    asked = parser.parse_args()

    starts = asked.data / "starts"
    with starts.open("a") as file:
        file.write(f"{os.getpid()} {asked.port}\n")
    first = len(starts.read_text().splitlines()) == 1

    lock = (asked.data / "server.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        announce("refused", reason="another server is running", running=True)
        sys.exit(3)

    print("stray output \N{SNOWMAN}")
    print("x" * 200_000)
    sys.stdout.flush()
    sys.stdout.buffer.write(b"\xff not text\n[1]\n{\n")
    print("an error line", file=sys.stderr, flush=True)
    announce("progress", step="Migrating", fraction=0.5)
    if asked.mode == "fails-first" and first:
        sys.exit("cannot start today")
    if asked.mode == "hangs-first" and first:
        threading.Event().wait()
    if asked.mode == "refuses-first" and first:
        announce("refused", reason="Port 80 cannot be used.", running=False)
        sys.exit(1)
    if asked.mode == "worker":  # it holds the pipes open after the server's own end
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"])

    http = ThreadingHTTPServer(("127.0.0.1", asked.port), Health)
    url = f"http://127.0.0.1:{http.server_port}"
    (asked.data / "server.json").write_text(json.dumps({"url": url, "pid": os.getpid()}))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    announce("ready", url=url, pid=os.getpid())
    sys.stdin.buffer.read()
    (asked.data / "server.json").unlink()
    (asked.data / "ended-well").touch()


if __name__ == "__main__":
    main()
