"""Plots from kept results: one bar a side, in benchmarks/results/NAME.svg."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import RESULTS, Report


def plot(report: Report) -> Path | None:
    """Draw a report; None where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = report.name  # the same picture for the same numbers
    groups = list(dict.fromkeys(row[0] for row in report.rows))
    figure, axes = pyplot.subplots(len(groups), 1, figsize=(8, 0.9 + 2.2 * len(groups)), squeeze=False)
    for (axis,), group in zip(axes, groups, strict=True):
        rows = [row for row in report.rows if row[0] == group][::-1]
        colours = ["#1f77b4" if row[1].startswith("evenflow") else "#b0b0b0" for row in rows]
        bars = axis.barh([row[1] for row in rows], [row[2] for row in rows], color=colours)
        axis.bar_label(bars, labels=[f"{row[2]:,.0f}" for row in rows], padding=3, fontsize=8)
        axis.set_title(f"{report.name}: {group}, per second", fontsize=9, loc="left")
        axis.margins(x=0.15)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    figure.tight_layout()
    path = RESULTS / f"{report.name}.svg"
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path
