"""What MkDocs calls: the chapters are printed before it, the figures put in after it."""

import copy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mkdocs.exceptions import PluginError

from press.maths import Formula
from press.site import Site
from press.stop import Stop

site = Site()


def on_config(config):
    """Point MkDocs at the printed pages; their order is the order of the numbers."""
    config = copy.copy(config)  # `mkdocs serve` goes on watching chapters/
    try:
        return site.configure(config)
    except Stop as stop:
        raise PluginError(str(stop)) from None


def on_pre_build(config):
    """Print the pages and the notebooks."""
    try:
        site.print()
    except Stop as stop:
        raise PluginError(str(stop)) from None


def on_page_markdown(markdown, page, config, files):
    """Spare the work for a page that was rendered before."""
    return site.known(markdown, page)


def on_page_content(html, page, config, files):
    """Take the page of before, or keep this one."""
    return site.rendered(html, page, config.plugins["autorefs"])


def on_env(env, config, files):
    """Typeset all formulas at once."""
    pages = [file.page for file in files.documentation_pages()]
    try:
        site.typeset(pages)
    except Formula as formula:
        raise PluginError(str(formula)) from None
    return env


def on_post_page(output, page, config):
    """Put figures and formulas into a page, which the search has read by now."""
    return site.finish(output, page)
