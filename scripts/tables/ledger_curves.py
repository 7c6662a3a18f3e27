"""The free-energy ledger along trainings, less the same configurations' own −log p(x).

Their mean differs from the entropy H(x) by far more than a trained model does; subtracting it leaves
F_p as KL(p_data‖p_θ), F_q as that plus the variational gap, and of the distortion what the latents
take off H(x), all without this common sampling error.
"""

from pathlib import Path
from typing import Annotated

import pandas as pd

from mfvae.errors import InputError
from mfvae.systems import build_mean_field
from mfvae.workflow.cli import Output, Seed, System, run, together
from mfvae.workflow.files.atomic import read_json, write_csv
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.settings.points import parse

CONFIGURATIONS = 64  # of the test set, those of the ledgers in the records
TERMS = ("helmholtz", "variational", "gap", "rate", "entropy", "distortion", "energy")
OWN_ERROR = ("gap", "rate", "entropy")  # of which the scatter is not that of −log p(x)


def main(
    system: System,
    models: Annotated[list[str], "POINT/NAME of every model"],
    records: Annotated[list[Path], "JSON record of each"],
    samples: Annotated[list[Path], "Parquet table of each"],
    seed: Seed,
    output: Annotated[Output, "CSV"],
) -> None:
    rows = []
    entries = together(models=models, records=records, samples=samples)
    for path, record_path, table in entries:
        point, _, name = path.rpartition("/")
        theory = build_mean_field(system, parse(point), seed)
        test = read_samples(table, system, point).split("test")
        surprise = -float(theory.log_prob(test[:CONFIGURATIONS]).mean())
        record = read_json(record_path)
        try:
            ledger, epochs = record["ledger"], record["training"]["epochs"]
            whole = record["history"][epochs - 1]["step"]  # those after train the encoder alone
            about = {"dataset": system, **parse(point), "model": name, "decoder_steps": whole}
            for entry in ledger:
                for term in TERMS:
                    value, stderr = entry[term]["value"], entry[term]["stderr"]
                    if term not in OWN_ERROR:
                        value, stderr = value - surprise, None
                    row = {"step": entry["step"], "quantity": term, "value": value, "stderr": stderr}
                    rows.append({**about, **row})
        except (KeyError, IndexError, TypeError) as error:
            allowed = f"the record of a training with a ledger is needed ({error!r})"
            raise InputError("file", str(record_path), allowed) from error
        exact = {"rate": theory.channel_rate(), "entropy": theory.latent_entropy()}
        for term, value in exact.items():
            rows.append({**about, "quantity": term, "value": value, "source": "exact"})
    write_csv(output, pd.DataFrame(rows))


if __name__ == "__main__":
    run(main)
