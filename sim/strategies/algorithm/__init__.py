"""Measures of the algorithm family: the same task with fewer bytes and fewer operations per output."""
