"""What is the theory? Collective variables, couplings, potentials and patterns, read off a decoder."""
