"""Figures of one system without one: what the number of latents and the training change."""
