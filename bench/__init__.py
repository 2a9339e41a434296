"""Benchmarks: ratios against a baseline that runs beside ours in the same run."""
