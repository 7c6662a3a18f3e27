"""Baselines: fitted laws of spike words that a VAE is compared with, all with one interface."""
