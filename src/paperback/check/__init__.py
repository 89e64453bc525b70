"""What a careful reviewer would object to: numbers that the logs or the ledger do not carry."""

from paperback.check.review import Review, check_paper

__all__ = ["Review", "check_paper"]
