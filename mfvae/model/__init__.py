"""The variational autoencoder: encoder, decoder, prior, and how it is kept."""
