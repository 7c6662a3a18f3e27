"""How many latents can be summed over on a lattice. Nothing here needs PyTorch."""

MAX_LATENT_DIM = 3  # beyond, a lattice has too many nodes
