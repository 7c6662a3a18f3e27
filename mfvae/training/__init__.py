"""From an array to a trained model: objectives, starts, the optimiser, the loop."""
