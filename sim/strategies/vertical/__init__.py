"""Measures of the vertical family: a model that serves its field better."""
