"""Discrete-event simulator of AI datacenters: compare strategy mixes by cost, energy, latency and accuracy."""
