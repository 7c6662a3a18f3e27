"""Figures of one system with a mean-field theory."""
