"""Energies that a particle in a box gives to latents, of replicas trained on clusters."""
