"""Sums over the latent space: nodes, lattices, importance sampling, and which of them to take."""
