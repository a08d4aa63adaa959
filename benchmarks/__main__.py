"""Runs one benchmark: progress to stderr, one JSON object to stdout."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path


def main() -> None:
    """`python -m benchmarks NAME [--scale small|full] [--database sqlite|postgresql]`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(_names()))
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    module = importlib.import_module(f"benchmarks.{chosen.name}")
    print(json.dumps(module.run(chosen.scale, chosen.database), indent=2))


def _names() -> list[str]:
    """The modules beside this one that have a `run` function; none is imported to find out."""
    beside = Path(__file__).parent.glob("*.py")
    return [path.stem for path in beside if "\ndef run(" in path.read_text(encoding="utf-8")]


if __name__ == "__main__":
    main()
