"""Benchmarks: `invoke bench NAME` runs benchmarks/NAME.py, with its peers measured in the same run.

Each has `run(log, runs) -> Figures`; what they share is in harness/, the small applications they build in
apps/. They run from a clone only.
"""
