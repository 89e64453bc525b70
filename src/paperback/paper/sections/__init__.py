"""The sections of a paper, one file each."""
