"""Measures of the energy family: fewer joules at the accelerators and in the building; their cost is C_efficiency."""
