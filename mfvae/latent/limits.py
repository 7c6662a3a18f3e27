"""How many latents can be summed over. Nothing here needs PyTorch."""

MAX_LATENT_DIM = 3  # on a lattice; beyond, it has too many nodes
MAX_SUMMED_DIM = 16  # by nodes of a batch, up to which these are tested against closed forms
