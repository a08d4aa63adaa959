"""Fits resources/models/fusion-v1.json on the clips of a manifest, and evaluates it.

    python scripts/fit_forensics.py MANIFEST.csv

Nothing of a clip is written: coefficients, thresholds, rates, and the sha256 of the manifest. The figures go
into the file beside it, from which the server answers and `make docs` writes the model card.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from server.forensics.evaluation import manifest
from server.forensics.evaluation.fit import fit_slot
from server.forensics.evaluation.report import report, text
from server.forensics.evaluation.table import build
from server.forensics.fusion import Fusion
from server.forensics.rules import DEEPFAKE

ROOT = Path(__file__).parents[1]
FUSION = ROOT / "resources/models/fusion-v1.json"
FIGURES = FUSION.with_name("fusion-v1.evaluation.json")


def main(arguments: Sequence[str]) -> int:
    """Fit, evaluate, write both files, print the table."""
    listed = manifest.read(Path(arguments[0]))
    examples = build(listed, lambda line: print(line, file=sys.stderr))
    fusion = Fusion(
        version="fusion-v1",
        manifest_sha256=listed.sha256,
        clips=len(listed.clips),
        slots={slot: fit_slot(slot, examples) for slot in DEEPFAKE},
    )
    FUSION.write_text(json.dumps(fusion.model_dump(mode="json"), indent=1) + "\n")
    found = report(listed, examples, fusion)
    FIGURES.write_text(found.json() + "\n")
    print(text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
