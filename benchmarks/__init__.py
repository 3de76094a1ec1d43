"""Both sides in one run, alternating; medians; CPU beside requests. `python -m benchmarks NAME`."""
