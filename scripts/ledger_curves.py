"""The free-energy ledger along trainings, less the same configurations' own −log p(x).

Their mean differs from the entropy H(x) by far more than a trained model does; subtracting it leaves
F_p as KL(p_data‖p_θ), F_q as that plus the variational gap, and of the distortion what the latents
take off H(x), all without this common sampling error.
"""

from argparse import ArgumentParser

import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import build_mean_field
from mfvae.workflow.cli import run
from mfvae.workflow.files.atomic import read_json, write_csv
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.points import parse

CONFIGURATIONS = 64  # of the test set, those of the ledgers in the records
TERMS = ("helmholtz", "variational", "gap", "rate", "entropy", "distortion", "energy")
OWN_ERROR = ("gap", "rate", "entropy")  # of which the scatter is not that of −log p(x)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--models", nargs="+", required=True, help="POINT/NAME of every model")
    parser.add_argument("--records", nargs="+", required=True, help="JSON record of each")
    parser.add_argument("--samples", nargs="+", required=True, help="Parquet table of each")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")
    parser.add_argument("--output", required=True, help="CSV")
    arguments = parser.parse_args()
    rows = []
    entries = zip(arguments.models, arguments.records, arguments.samples, strict=True)
    for path, record_path, samples in entries:
        point, _, name = path.rpartition("/")
        system = build_mean_field(arguments.system, parse(point), arguments.seed)
        test = read_samples(samples, arguments.system, point).split("test")
        surprise = -float(system.log_prob(test[:CONFIGURATIONS]).mean())
        record = read_json(record_path)
        try:
            ledger, epochs = record["ledger"], record["training"]["epochs"]
            whole = record["history"][epochs - 1]["step"]  # those after train the encoder alone
            about = {"dataset": arguments.system, **parse(point), "model": name, "decoder_steps": whole}
            for entry in ledger:
                for term in TERMS:
                    value, stderr = entry[term]["value"], entry[term]["stderr"]
                    if term not in OWN_ERROR:
                        value, stderr = value - surprise, None
                    row = {"step": entry["step"], "quantity": term, "value": value, "stderr": stderr}
                    rows.append({**about, **row})
        except (KeyError, IndexError, TypeError) as error:
            allowed = f"the record of a training with a ledger is needed ({error!r})"
            raise InputError("file", record_path, allowed) from error
        exact = {"rate": system.channel_rate(), "entropy": system.latent_entropy()}
        for term, value in exact.items():
            rows.append({**about, "quantity": term, "value": value, "source": "exact"})
    write_csv(arguments.output, pd.DataFrame(rows))


run(main)
