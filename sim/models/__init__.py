"""How long an AI model takes on an accelerator and how many watts: tables for serving, jobs and training.

Pure numpy on catalogue entries; called by the engine (tables) and by economics (the steady state of a variant).
Equations, symbols, sources and fit errors: docs/models.md.
"""
