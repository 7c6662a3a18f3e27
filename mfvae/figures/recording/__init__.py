"""Figures of a recording: its words, those of fitted models, and the theory decoded from it."""
