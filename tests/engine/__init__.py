"""Tests of the pure metrics engine: oracles, hand-worked cases, properties, reference implementations."""
