"""The two-dimensional Ising model on a torus: exact sums, samples, observables."""
