"""Sentences that evidence carries: claims, and what the evidence says of them."""

from paperback.claims.claim import Claim, Verdict, Word
from paperback.claims.missing import Missing, missing_evidence
from paperback.claims.state import missing_claims, state_claims
from paperback.claims.strength import strength, unlocked

__all__ = [
    "Claim",
    "Missing",
    "Verdict",
    "Word",
    "missing_claims",
    "missing_evidence",
    "state_claims",
    "strength",
    "unlocked",
]
