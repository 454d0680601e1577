"""Keep shapes as they are written when docstrings become pages.

A docstring's `array, shape (n,)` happens to be Python, a tuple with a call in
it, and would be printed as such, without the comma that makes it a shape.
"""

import griffe


class AsWritten(griffe.Extension):
    """Makes prose of the kinds that look like code."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Say `array of shape (n,)`, which is no Python."""
        if obj.docstring:
            obj.docstring.value = obj.docstring.value.replace(", shape (", " of shape (")
