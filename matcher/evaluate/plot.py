"""Pictures: the reliability plot, what was promised against what came true; and Chinese in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matcher.errors import InputError
from matcher.evaluate.calibrating import LeftOut

#: Some versions of matplotlib know a collection of Noto by its first face, JP.
_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC",
    "SimHei", "WenQuanYi Zen Hei", "Noto Serif CJK SC", "Noto Serif CJK JP",
)  # fmt: skip


def show_chinese() -> bool:
    """Let pictures show Chinese by the first font for it that is installed; False if none is."""
    from matplotlib import font_manager, rcParams

    installed = {font.name for font in font_manager.fontManager.ttflist}
    found = [name for name in _CHINESE if name in installed][:1]
    rcParams["font.family"] = [*found, "DejaVu Sans"]
    rcParams["axes.unicode_minus"] = False
    return bool(found)


def plot_reliability(parts: Sequence[LeftOut], target: Path) -> None:
    """Draw every set's bins of equal mass, with curves fitted without that set.

    Raises InputError where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError(
            "画图需要 matplotlib，请先安装：pip install matplotlib。",
            "Drawing needs matplotlib: install it with pip install matplotlib.",
        ) from error
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for part in parts:
        promised = [low for low, _, _ in part.bins]
        true = [share for _, share, _ in part.bins]
        axes.plot(promised, true, marker="o", markersize=4, linewidth=1,
                  label=f"{part.name}  (ECE {part.error:.3f})")  # fmt: skip
    axes.set(xlabel="mean probability of a bin", ylabel="share of relevant candidates")
    axes.set(xlim=(0, 1), ylim=(0, 1), title="Ten bins of equal mass, fitted without the set")
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(target, dpi=120)
