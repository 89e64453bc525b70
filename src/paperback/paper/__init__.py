"""What is written: the document tree, its sections, the outline's state and the ledger."""
