"""Measures of the compute family: who takes a request, and how many replicas stand ready for it."""
