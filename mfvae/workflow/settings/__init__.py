"""The configuration: what may be asked for, and how points and models are named."""
