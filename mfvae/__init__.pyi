from mfvae.analysis.diagnosis import Diagnosis as Diagnosis
from mfvae.analysis.estimator import LatentMeanField as LatentMeanField
from mfvae.analysis.fit import Fit as Fit
from mfvae.analysis.fit import fit as fit
from mfvae.analysis.theory import Theory as Theory
from mfvae.data.configurations import Configurations as Configurations
from mfvae.data.holdout import hold_out as hold_out
from mfvae.data.loader import load as load
from mfvae.errors import InputError as InputError
from mfvae.systems import build as build

__version__: str
