"""Runs one benchmark: progress to stderr, one JSON object to stdout."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil

import benchmarks


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
    """Modules that are benchmarks: those that say so by a `run` function."""
    modules = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    return [name for name in modules if name not in ("__main__", "coded_clips", "mpv")]


if __name__ == "__main__":
    main()
