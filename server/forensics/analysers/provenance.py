"""Content credentials: what a C2PA manifest in the file says, by c2pa-python, an extra.

Valid and Trusted are kept apart (C2PA 2.1, section 14.3): valid means that nobody changed the file since it
was signed, by whomever; trusted that the signer is on a trust list. Without a list nothing is ever trusted.
A manifest that lies elsewhere is not fetched.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Final

from server.forensics.analysers.base import abstain, signal
from server.forensics.results import Signal
from server.forensics.rules import BP, Abstained, Slot
from server.forensics.sample import MediaSample

_OFFLINE: Final = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
_LONGEST: Final = 1 << 30
_NOTE: Final = 120


class Provenance:
    """One signal: 0 no manifest, 1 invalid, 2 valid, 3 trusted; its note says it in words."""

    name: Final = "c2pa"
    version: Final = "1"
    slot: Final = Slot.PROVENANCE
    requires: Final = "file"

    def is_available(self) -> Abstained | None:
        """NOT_INSTALLED without the extra `provenance`."""
        return None if importlib.util.find_spec("c2pa") else Abstained.NOT_INSTALLED

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """The state of the manifest and, where there is one, who made the claim."""
        path = Path(sample.path)
        if path.stat().st_size > _LONGEST:
            return [abstain(self, "manifest", Abstained.FAILED)]
        found = read(path)
        if found is None:
            return [signal(self, "manifest", 0.0, note="none", reliability_bp=BP)]
        return stated(self, found)


def stated(detector: Provenance, store: dict[str, Any]) -> list[Signal]:
    """Signals of a manifest store as c2pa's Reader gives it in JSON."""
    state = str(store.get("validation_state", "Invalid"))
    rank = {"Valid": 2.0, "Trusted": 3.0}.get(state, 1.0)
    active = (store.get("manifests") or {}).get(store.get("active_manifest"), {})
    claimed = str(active.get("claim_generator") or "")[:_NOTE]
    issuer = str((active.get("signature_info") or {}).get("issuer") or "")[:_NOTE]
    found = [signal(detector, "manifest", rank, note=state.lower()[:_NOTE], reliability_bp=BP)]
    if claimed:
        found.append(signal(detector, "claim_generator", None, note=claimed, reliability_bp=BP))
    if issuer:
        found.append(signal(detector, "issuer", None, note=issuer, reliability_bp=BP))
    return found


def read(path: Path) -> dict[str, Any] | None:
    """The manifest store of a file; None when it has none, or is of a kind that can have none."""
    import c2pa

    with path.open("rb") as file:
        try:
            with c2pa.Context.from_dict(_OFFLINE) as offline, c2pa.Reader(file, context=offline) as reader:
                return dict(json.loads(reader.json()))
        except c2pa.C2paError.ManifestNotFound:
            return None
        except c2pa.C2paError.NotSupported:
            return None
        except c2pa.C2paError.RemoteManifest:
            return {"validation_state": "not fetched"}
