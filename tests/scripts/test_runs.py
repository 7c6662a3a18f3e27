"""reproduce/diff.py: equal to the last bit, or the file and the place where two runs part."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mfvae.workflow.files.atomic import read_json, write_csv, write_json
from mfvae.workflow.files.samples import METADATA_KEY, SampleMetadata, write_samples
from mfvae.workflow.reproduce.diff import differences, tables
from tests.scripts.calls import Ended, as_process, in_here

TABLE = pd.DataFrame({"beta": [0.1, 0.2], "m": [1.0, float("nan")]})
SPINS = np.random.default_rng(0).choice([-1, 1], size=(40, 9)).astype(np.int8)


def fill(folder: Path) -> Path:
    """One table of each kind, beside what two runs need not share."""
    write_csv(folder / "capacity.csv", TABLE)
    write_json(folder / "models/elbo.json", {"history": [{"loss": 1.5}, {"loss": 1.25}], "seed": 1})
    metadata = SampleMetadata("hopfield", "N~9", "spin", 9, 1)
    write_samples(folder / "samples/a.parquet", SPINS, {"m": SPINS.mean(1, dtype=np.float64)}, metadata)
    (folder / "models/elbo.pt").write_bytes(b"weights")
    (folder / "models/elbo.cost.tsv").write_text(f"cpu_seconds\n{len(str(folder))}\n")
    (folder / "logs").mkdir()
    (folder / "logs/a.log").write_text(str(folder))
    (folder / "capacity.pdf").write_text(str(folder))
    return folder


@pytest.fixture
def runs(tmp_path) -> tuple[Path, Path]:
    return fill(tmp_path / "one"), fill(tmp_path / "other")


def found(runs) -> dict[str, str]:
    return dict(differences(*runs))


def test_equal_runs_are_equal_whatever_their_logs_and_costs_say(runs, capsys):
    assert tables(runs[0]) == {"capacity.csv", "models/elbo.json", "models/elbo.pt", "samples/a.parquet"}
    assert in_here("reproduce/diff", *runs) == Ended(0, "")
    assert capsys.readouterr().out == "of 4 tables in both folders 0 differ; 0 are in one folder alone\n"


def test_the_last_bit_of_a_csv_is_seen(runs):
    other = TABLE.assign(beta=[0.1, np.nextafter(0.2, 1)])
    write_csv(runs[1] / "capacity.csv", other)
    assert found(runs) == {"capacity.csv": "line 3: '0.2,' is not '0.20000000000000004,'"}
    write_csv(runs[1] / "capacity.csv", TABLE[:1])
    assert found(runs)["capacity.csv"].startswith("line 3: '0.2,' is not ''")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"history": [{"loss": 1.5}, {"loss": 1.25000001}], "seed": 1}, "history[1].loss: 1.25 is not "),
        ({"history": [{"loss": 1.5}], "seed": 1}, "history: "),
        ({"history": [{"loss": 1.5}, {"loss": 1.25}], "seed": 1.0}, "seed: 1 is not 1.0"),
        ({"seed": 1}, "its content: "),
    ],
)
def test_the_place_in_a_json_is_named(runs, change, place):
    write_json(runs[1] / "models/elbo.json", change)
    (what,) = found(runs).values()
    assert what.startswith(place)


def change_parquet(path: Path, column: str, values, header: dict) -> None:
    table = pq.read_table(path)
    index = table.column_names.index(column)
    table = table.set_column(index, column, pa.array(values))
    before = json.loads(table.schema.metadata[METADATA_KEY])
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: json.dumps(before | header)}), path)


def test_values_of_parquet_are_compared_and_not_its_bytes(runs):
    path = runs[1] / "samples/a.parquet"
    m = pq.read_table(path).column("m").to_numpy().copy()
    change_parquet(path, "m", m, {"versions": {"numpy": "0"}, "provenance": {"commit": "another"}})
    assert path.read_bytes() != (runs[0] / "samples/a.parquet").read_bytes()
    assert found(runs) == {}
    change_parquet(path, "m", m, {"seed": 2})
    assert found(runs) == {"samples/a.parquet": "metadata.seed: 1 is not 2"}
    m[7] = np.nextafter(m[7], 9)
    change_parquet(path, "m", m, {"seed": 1})
    assert found(runs)["samples/a.parquet"].startswith("column m, row 7: ")
    m[7] = np.nan
    for run in runs:
        change_parquet(run / "samples/a.parquet", "m", m, {})
    assert found(runs) == {}
    change_parquet(path, "m", m.astype(np.float32), {})
    assert found(runs)["samples/a.parquet"].startswith("columns configurations: ")


def test_provenance_is_no_value(runs):
    record = read_json(runs[1] / "models/elbo.json")
    write_json(runs[1] / "models/elbo.json", record | {"provenance": {"commit": "another"}})
    write_json(runs[1] / "capacity.csv.provenance", {"commit": "another"})
    assert found(runs) == {}


def test_a_damaged_table_differs(runs):
    path = runs[1] / "samples/a.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    assert found(runs)["samples/a.parquet"].startswith("cannot be read")


def test_a_process_names_every_file_and_fails(runs):
    (runs[1] / "models/elbo.pt").write_bytes(b"weightz")
    (runs[1] / "capacity.csv").unlink()
    result = as_process("reproduce/diff", *runs)
    assert (result.status, result.stderr.count("\n")) == (1, 1)
    assert result.stderr == ("error: of 3 tables in both folders 1 differ; 1 are in one folder alone\n")


def test_a_part_of_a_run_is_compared_on_request(runs, capsys):
    shutil.rmtree(runs[1] / "models")
    assert in_here("reproduce/diff", "--only-shared", *runs).status == 0
    assert in_here("reproduce/diff", *runs).status == 1
    assert f"models/elbo.pt: only in {runs[0]}" in capsys.readouterr().out


def test_folders_without_tables_are_refused(runs, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "absent"):
        result = in_here("reproduce/diff", runs[0], tmp_path / folder)
        assert result == Ended(
            1, f"error: results = {str(tmp_path / folder)!r}: a folder with tables of a run is needed\n"
        )
