"""As a module of another workflow it looked for its files beside that one and ended in a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.checkout import Checkout, planned_rules

pytestmark = pytest.mark.workflow
SAMPLES = "samples/curie_weiss/N~16/beta~0.8.parquet"
CALLER = """
configfile: "mine.yaml"

shell.prefix("set -eu; ")

onsuccess:
    print("the caller's own end")

rule all:
    default_target: True
    input:
        "mine.txt",
        "{target}",

rule figures:  # a name that the module has, too
    output:
        "mine.txt",
    shell:
        "env > {{output}}"

module mfvae:
    snakefile: {snakefile!r}
    config: config["ours"]
    {more}

use rule * from mfvae as mfvae_*

use rule draw_samples from mfvae as mfvae_draw_samples with:
    threads: 1
"""


@pytest.mark.parametrize(
    ("more", "results"),
    [
        ("", "results"),
        ('prefix: "sub folder"', "sub folder/results"),
        ('pathvars: results="else where"', "else where"),
    ],
    ids=["plain", "prefix", "pathvars"],
)
def test_another_workflow_uses_all_rules(
    tmp_path: Path, recording_file: Path, more: str, results: str
) -> None:
    (tmp_path / "it's").mkdir()
    checkout = Checkout.make(tmp_path / "it's", recording_file)
    caller = tmp_path / "caller"
    caller.mkdir()
    snakefile = str(checkout.folder / "Snakefile")
    target = f"{results}/{SAMPLES}"
    (caller / "Snakefile").write_text(CALLER.format(snakefile=snakefile, more=more, target=target))
    tiny = (checkout.folder / "tiny.yaml").read_text().replace("\n", "\n  ")
    (caller / "mine.yaml").write_text(f"color: blue\nours:\n  {tiny}\n  seed: 5\n")

    def snakemake(*words: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "1", *words],
            cwd=caller,
            env=checkout.environment(),
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    planned = planned_rules(snakemake("--dry-run", "mfvae_all"))
    assert planned["mfvae_train_vae"] == 19
    assert planned["mfvae_draw_figure"] > 30
    assert {rule for rule in planned if not rule.startswith("mfvae_")} == {"total"}
    said = snakemake()
    assert "the caller's own end" in said
    assert (caller / target).stat().st_size > 0
    facts = json.loads((caller / target).with_suffix(".json.provenance").read_text())
    assert facts["seed"] == 5  # of the caller's configuration, which lies over the default one
    assert len(facts["configuration"]) == 64
    theirs = (caller / "mine.txt").read_text()
    assert str(checkout.folder) not in theirs
    found = {path.name for path in caller.iterdir()}
    assert found == {".snakemake", "Snakefile", "mine.yaml", "mine.txt", Path(target).parts[0]}
