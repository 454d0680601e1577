"""How the book's figures look; every kernel that runs a chapter begins here.

The colours are the book's language: data blue, model orange, gradient red.
They are told apart by colour-blind readers, and the page gives each a second
shade for the dark (`figures.COLOURS`).
"""

from typing import Any

INK = "#010203"  # becomes the colour of the text
PAPER = "#fefefe"  # becomes nothing: the page shows through
CYCLE = ("#1f6fb4", "#e08a00", "#2a8f6d", "#b4232c", "#7a5195", "#5a9bd4")
GUIDE = "#808080"
STYLE: dict[Any, Any] = {  # as matplotlib's rcParams
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 72,
    "figure.facecolor": PAPER,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "legend.facecolor": PAPER,
    "legend.framealpha": 0.8,
    "mathtext.fontset": "dejavusans",
    "savefig.facecolor": "auto",
    "svg.fonttype": "none",
    "svg.hashsalt": "ground up",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def apply() -> None:
    """Set the style in the kernel that runs a chapter."""
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    mpl.use("module://matplotlib_inline.backend_inline")
    set_matplotlib_formats("svg", "png", bbox_inches="tight", metadata={"Date": None})
    mpl.rcParams.update(STYLE | {"axes.prop_cycle": cycler(color=CYCLE)})
