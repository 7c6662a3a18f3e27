"""What a run makes, as functions of its settled configuration: data sets, models, files, commands.

The rules say how a file is made; this room says which files there are. It reads and writes no data.
"""

from mfvae.workflow.plan.figures import FigureInputs
from mfvae.workflow.plan.files import Files, all_trained, trained
from mfvae.workflow.plan.plan import CLUSTERS, SURROGATE, Plan, options_in
from mfvae.workflow.plan.programs import Programs
from mfvae.workflow.plan.readings import Readings
from mfvae.workflow.plan.wildcards import any_of, growing, of_job, of_system

__all__ = [
    "CLUSTERS",
    "SURROGATE",
    "FigureInputs",
    "Files",
    "Plan",
    "Programs",
    "Readings",
    "all_trained",
    "any_of",
    "growing",
    "of_job",
    "of_system",
    "options_in",
    "trained",
]
