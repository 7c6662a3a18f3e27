"""Is a model faithful? Its rate against the bipartite information, its free energies, the verdict."""
