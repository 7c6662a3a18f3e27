"""Do two descriptions of the same data agree? Latent spaces, patterns, what they have in common."""
