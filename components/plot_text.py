"""Texts from outside, as Plotly shows them: it reads tags, entities and formulas in every text of a figure."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return a text from outside so that Plotly shows it as it is: no tags, no entities, no formulas.

    >>> plain("<b>A&B</b> $x$")
    '&lt;b&gt;A&amp;B&lt;/b&gt; &#36;x&#36;'
    """
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        text = text.replace(mark, entity)
    return text
