"""What the server tells of in forensics, and what a person may do there."""

from __future__ import annotations

from typing import Final

READ, ASK, ANALYSE, BANK = "forensics.read", "forensics.ask", "forensics.analyse", "forensics.banks"

ANALYSED: Final = frozenset({"forensics.analysis", "forensics.restricted_analysis"})
MATCHED: Final = frozenset({"forensics.match", "forensics.restricted_match"})
OPINED: Final = frozenset({"forensics.opinion"})
STOPPED: Final = "forensics.bank"
BANKED: Final = frozenset({"forensics.scan", "forensics.restricted_scan", STOPPED})
