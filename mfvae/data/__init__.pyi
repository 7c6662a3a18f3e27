from mfvae.data.configurations import Configurations as Configurations
from mfvae.data.holdout import hold_out as hold_out
from mfvae.data.loader import load as load
from mfvae.data.weights import sequence_weights as sequence_weights
