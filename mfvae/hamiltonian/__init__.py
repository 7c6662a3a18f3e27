"""The generalized Hopfield model: its law, from a decoder, Monte Carlo, attractors."""
