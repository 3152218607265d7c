"""Benchmarks of Tenure: run by hand, never in CI."""
