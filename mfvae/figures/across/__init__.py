"""Figures that join systems."""
