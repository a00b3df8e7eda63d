"""Results as people read them: sentences, tables, charts, and one HTML page that holds them all.

Called by `sim.cli` and from Python; it computes no figure of its own. matplotlib and jinja2 are imported when
something is drawn or rendered.
"""
