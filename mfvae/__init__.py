"""Latent mean-field theories in data: exact samplers, VAEs, capacity bounds and decoding."""

__version__ = "0.1.0"
