"""How the book's figures look; every kernel that runs a chapter begins here.

The colours are the book's language: data blue, model orange, gradient red.
They are told apart by colour-blind readers, and the page gives each a second
shade for the dark (`figures.COLOURS`).
"""

INK = "#010203"  # becomes the colour of the text
PAPER = "#fefefe"  # becomes nothing: the page shows through
CYCLE = ("#1f6fb4", "#e08a00", "#2a8f6d", "#b4232c", "#7a5195", "#5a9bd4")
GUIDE = "#808080"


def apply() -> None:
    """Set the style in the kernel that runs a chapter."""
    import matplotlib as mpl
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    mpl.use("module://matplotlib_inline.backend_inline")
    set_matplotlib_formats("svg", bbox_inches="tight", metadata={"Date": None})
    edges = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    mpl.rcParams.update(dict.fromkeys(edges, INK))
    mpl.rcParams.update(
        {
            "axes.facecolor": "none",
            "axes.prop_cycle": mpl.cycler(color=CYCLE),
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
        }
    )
