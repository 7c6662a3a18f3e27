from mfvae import sites as sites
from mfvae import systems as systems
from mfvae.analysis import plot as plot
from mfvae.analysis.bipartite import bipartite_information as bipartite_information
from mfvae.analysis.diagnosis import Diagnosis as Diagnosis
from mfvae.analysis.diagnosis import diagnose as diagnose
from mfvae.analysis.estimator import LatentMeanField as LatentMeanField
from mfvae.analysis.fit import Fit as Fit
from mfvae.analysis.fit import fit as fit
from mfvae.analysis.fit import select_n_latents as select_n_latents
from mfvae.analysis.law import FittedLaw as FittedLaw
from mfvae.analysis.page import report as report
from mfvae.analysis.reproduction import reproduction as reproduction
from mfvae.analysis.store import load_model as load_model
from mfvae.analysis.store import save as save
from mfvae.analysis.theory import Theory as Theory
from mfvae.analysis.theory import decode as decode
from mfvae.capacity.verdict import Verdict as Verdict
from mfvae.data import datasets as datasets
from mfvae.data.configurations import Configurations as Configurations
from mfvae.data.holdout import hold_out as hold_out
from mfvae.data.loader import load as load
from mfvae.errors import InputError as InputError
from mfvae.hamiltonian.model import GeneralizedHopfield as GeneralizedHopfield
from mfvae.stats import Estimate as Estimate
from mfvae.systems import build as build

__version__: str
