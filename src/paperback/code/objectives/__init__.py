"""Objectives: what a training loop differentiates, sliced from its statements and derived."""
