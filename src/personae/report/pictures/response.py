"""Pictures of response models: ranking, calibration, money."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from personae.core.arrays import FloatArray
from personae.core.numbers import percent, rounded
from personae.report import theme
from personae.report.numbers import LISTS, amount
from personae.report.pictures.shapes import bars, dot, dots, key, name_axis, name_rows, spread
from personae.report.theme import Picture, drawing, finish

Rows = Sequence[Mapping[str, Any]]
MOST = 15
PROFIT = ("profit", "profit_lower", "profit_upper")
DASHES = ((0, (5, 2)), (0, (1, 1.5)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1)), (0, (8, 3)))


def models(report: Mapping[str, Any], folder: Path | None = None) -> Picture:
    """ROC AUC and average precision of every model, with spread over folds."""
    by_model, best = report["models"], report["best"]
    with drawing(66 + 30 * len(by_model)) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, name, title in (
            (left, "roc_auc", "ROC AUC"),
            (right, "average_precision", "Average precision"),
        ):
            for row, (model, figures) in enumerate(by_model.items()):
                mean, bounds = spread(figures[name])
                dot(axes, mean, row, bounds, color=theme.ACCENT if model == best else theme.MUTED)
            axes.set_title(title)
            low, high = axes.get_xlim()
            # Neither figure can exceed 1; the room is for the dot.
            axes.set_xlim(min(low, 0.98), min(high, 1 + 0.03 * (1 - min(low, 0.98))))
            axes.locator_params(axis="x", nbins=3)
        name_rows(left, [model.replace("_", " ") for model in by_model], 20)
        name_axis(left, "mean ± one standard deviation over folds")
        words = ", ".join(
            f"{model} {rounded(figures['roc_auc']['mean'] or 0)}" for model, figures in by_model.items()
        )
        return finish(figure, "models", f"Response models, best {best}. ROC AUC: {words}", folder)


def ranking(rows: Rows, best: str, kind: str, folder: Path | None = None) -> Picture:
    """ROC or precision-recall curves by model, or by class."""
    x, y, name, title = {
        "roc": ("false_positive_rate", "true_positive_rate", "roc", "ROC curve"),
        "precision_recall": ("recall", "precision", "precision-recall", "Precision and recall"),
    }[kind]
    lines = _lines(rows, best)
    with drawing(330) as figure:
        axes = figure.add_subplot()
        _draw_lines(axes, lines, x, y, best)
        if kind == "roc":
            axes.plot([0, 1], [0, 1], color=theme.LINE, linewidth=1)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title=title)
        axes.set_xlabel(x.replace("_", " "))
        axes.set_ylabel(y.replace("_", " "))
        key(figure)
        return finish(figure, name, f"{title} of {', '.join(lines)}", folder)


def _lines(rows: Rows, best: str) -> dict[str, list[Mapping[str, Any]]]:
    """Group curve points by model, or by class of the best model."""
    several = len({row.get("class") for row in rows}) > 1
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if not several or row["model"] == best:
            name = f"{best}, class {row['class']}" if several else str(row["model"])
            lines.setdefault(name, []).append(row)
    return lines


def _draw_lines(axes: Axes, lines: Mapping[str, Rows], x: str, y: str, best: str) -> None:
    others = 0
    for name, points in lines.items():
        xs, ys = [point[x] for point in points], [point[y] for point in points]
        if name == best:
            axes.plot(xs, ys, color=theme.ACCENT, linewidth=2.4, zorder=3, label=name.replace("_", " "))
        else:
            dashes = DASHES[others % len(DASHES)]
            axes.plot(
                xs, ys, color=theme.MUTED, linestyle=dashes, linewidth=1.2, label=name.replace("_", " ")
            )
            others += 1


def calibration(rows: Rows, best: str, folder: Path | None = None) -> Picture:
    """Observed against predicted probability; a dot's area stands for its customers."""
    lines = _lines([{**row, "class": None} for row in rows], best)
    with drawing(330) as figure:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=theme.INK, linewidth=1, linestyle=(0, (4, 3)))
        _draw_lines(axes, lines, "predicted", "observed", best)
        points = lines.get(best, [])
        total = sum(point["rows"] for point in points) or 1
        areas = [12 + 400 * point["rows"] / total for point in points]
        xs, ys = ([point[name] for point in points] for name in ("predicted", "observed"))
        axes.scatter(xs, ys, s=areas, color=theme.ACCENT, alpha=0.35, linewidths=0)
        axes.set(
            xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title="Calibration", xlabel="predicted", ylabel="observed"
        )
        key(figure)
        return finish(
            figure, "calibration", f"Observed against predicted probability of {', '.join(lines)}", folder
        )


def importance(columns: Rows, folder: Path | None = None) -> Picture:
    """Permutation importance of columns in the chosen model, largest first."""
    shown = columns[:MOST]
    words = ", ".join(column["column"] for column in shown[:5])
    return dots(
        "importance",
        [(column["column"], *spread(column), {}) for column in shown],
        "loss when the column is shuffled, ± sd over folds",
        f"Columns that the model needs most: {words}",
        folder,
        height=(50, 20),
        title="What the model needs",
        bins=4,
    )


def contributions(report: Mapping[str, Any], folder: Path | None = None) -> Picture:
    """Mean size of each column's SHAP contribution, the largest first."""
    shown = list(report["mean_absolute"].items())[:MOST]
    words = ", ".join(name for name, _ in shown[:5])
    return bars(
        "shap",
        [(name, value, theme.ACCENT, "") for name, value in shown],
        "mean size of the SHAP contribution, log odds",
        f"Columns that move {report['model']} most: {words}",
        folder,
        height=(50, 20),
        title=f"What moves {report['model']}",
        bins=4,
    )


def budget(rows: Rows, report: Mapping[str, Any], currency: str = "", folder: Path | None = None) -> Picture:
    """Profit by money spent, best prospects first; the list, half its money and break-even are marked.

    Parameters
    ----------
    rows
        Contents of `curves/profit.csv`: profit of past offers by number of contacts, with its interval.
    report
        Contents of `target.json`, for the cost of a contact and the size of the list that it chooses.
    currency
        Sign or code of the amounts.
    """
    spent = np.array([0.0, *(row["contacts"] * report["cost"] for row in rows)])
    profit, low, high = (np.array([0.0, *(row[name] for row in rows)]) for name in PROFIT)
    by_list = (report.get("contacts") or 0) * report["cost"]
    marks = {"the list": by_list, "half the money": by_list / 2, "break-even": _break_even(spent, profit)}
    with drawing(300, 460) as figure:
        axes = figure.add_subplot()
        axes.fill_between(spent, low, high, color=theme.ACCENT, alpha=0.2, linewidth=0)
        axes.plot(spent, profit, color=theme.ACCENT)
        axes.axhline(0, color=theme.INK, linewidth=1)
        words = [f"contacting all {amount(spent[-1], currency)} brings {amount(profit[-1], currency)}"]
        for (name, at), marker in zip(marks.items(), "osD", strict=True):
            if at:
                curve = float(np.interp(at, spent, profit))
                earned = report["profit"]["model"] if name == "the list" else curve
                label = f"{name}: {amount(at, currency)}"
                if name != "break-even":
                    label += f" spent, {amount(earned, currency)} earned"
                axes.plot([at], [earned], marker, color=theme.SECOND, markersize=8, label=label)
                words.append(label)
        _amounts(axes)
        figure.legend(loc="outside upper left", fontsize=9, handlelength=1)
        name_axis(axes, "money spent on past offers, best prospects first; band: 95 % interval")
        axes.set_ylabel("profit")
        return finish(figure, "budget", f"Profit by money spent; {'; '.join(words)}", folder)


def _break_even(spent: FloatArray, profit: FloatArray) -> float | None:
    """Money from which on the curve stays below zero; None where it never falls there."""
    losing = profit < 0
    if not losing[-1] or losing.all():
        return None
    last = int(np.flatnonzero(~losing)[-1])
    return float(np.interp(0, profit[[last + 1, last]], spent[[last + 1, last]])) or None


def _amounts(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: rounded(value))
    axes.locator_params(nbins=5)


def decision(rows: Rows, cutoff: float | None, folder: Path | None = None) -> Picture:
    """Decision curve: net benefit by threshold probability, with the model's band."""
    at = [row["threshold"] for row in rows]
    with drawing(330) as figure:
        axes = figure.add_subplot()
        low, high = ([row[f"model_{side}"] for row in rows] for side in ("lower", "upper"))
        axes.fill_between(at, low, high, color=theme.ACCENT, alpha=0.2, linewidth=0)
        axes.plot(at, [row["model"] for row in rows], color=theme.ACCENT, label=LISTS["model"])
        for dashes, name in zip(DASHES, ("everyone", "nobody", "top_rfm"), strict=False):
            if name in rows[0]:
                style = (0, dashes[1]) if name != "nobody" else "-"
                values = [row[name] for row in rows]
                axes.plot(at, values, color=theme.INK, linewidth=1.2, linestyle=style, label=LISTS[name])
        top = max(row["model_upper"] for row in rows)
        axes.set_ylim(-0.3 * top, 1.1 * top)
        if cutoff is not None and at[0] <= cutoff <= at[-1]:
            axes.axvline(cutoff, color=theme.SECOND, linewidth=1)
        key(figure)
        axes.set_title("Net benefit of contacting by the model")
        axes.xaxis.set_major_formatter(lambda value, _: percent(value))
        axes.locator_params(nbins=5)
        name_axis(axes, "probability from which a contact pays")
        better = sum(row["advantage_lower"] > 0 for row in rows)
        words = f"surely above all others at {better} of {len(rows)} thresholds"
        return finish(figure, "decision-curve", f"Net benefit by threshold; the model is {words}", folder)
