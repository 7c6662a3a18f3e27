"""Running the workflow in a copy of its own, as a user would."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from snakemake.utils import update_config

from tests.helpers.paths import ROOT

PARTS = ("Snakefile", "rules", "scripts", "mfvae", "config", "envs", "profiles", "report")
TIMEOUT_S = 1400  # of a run, below that of a test
TABLES = (".parquet", ".csv", ".json", ".pdf", ".png", ".pt", ".npz")


@dataclass(frozen=True)
class Checkout:
    """A copy of the workflow in a folder of its own."""

    folder: Path
    recording: Path
    configuration: str = "tiny.yaml"

    @classmethod
    def make(cls, folder: Path, recording: Path) -> Checkout:
        """Of the DAG that takes a minute."""
        copy_workflow(folder)
        shutil.copy(ROOT / "tests" / "tiny.yaml", folder / "tiny.yaml")
        drop_models_that_are_not_named(folder / "config" / "config.yaml", folder / "tiny.yaml")
        return cls(folder, recording)

    def configured_figures(self) -> dict[str, list[str]]:
        """Kinds of figures by the first part of their names, from what a run reads."""
        config = yaml.safe_load((self.folder / "config" / "config.yaml").read_text())
        update_config(config, yaml.safe_load((self.folder / self.configuration).read_text()))
        sources = {**config["systems"], **config["datasets"], "all": config}
        return {name: block["figures"] for name, block in sources.items()}

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", "--configfile", self.configuration, *arguments]

    def environment(self, **changes: str) -> dict[str, str]:
        """Ours with the recording named; an empty value removes a variable."""
        merged = {**os.environ, "MFVAE_RETINA_FILE": str(self.recording), **changes}
        return {name: value for name, value in merged.items() if value}

    def snakemake(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A run on one core in a process group of its own, to be killed; what it says is in run.log."""
        with open(self.folder / "run.log", "wb") as log:
            return subprocess.Popen(
                self.command("--cores", "1", *arguments),
                cwd=self.folder,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def overlay(self, content: str) -> str:
        """A configuration file to be laid over tiny.yaml: its name."""
        (self.folder / "overlay.yaml").write_text(content + "\n")
        return "overlay.yaml"

    def digests(self) -> dict[str, str]:
        """sha256 of every table, figure and model, by path below the results."""
        files = [path for path in self.results.rglob("*") if path.suffix in TABLES]
        return {
            str(path.relative_to(self.results)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(files)
        }


def copy_workflow(folder: Path) -> None:
    for part in PARTS:
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / part)


def drop_models_that_are_not_named(config: Path, overlay: Path) -> None:
    """Keep of data sets, models and baselines those that an overlay names: it cannot take any away."""
    whole, named = (yaml.safe_load(path.read_text()) for path in (config, overlay))
    whole["systems"] = {name: whole["systems"][name] for name in named["systems"]}
    whole["datasets"] = {name: whole["datasets"][name] for name in named["datasets"]}
    whole["scaling"] = {name: whole["scaling"][name] for name in named["scaling"]}
    pairs = [(block, named["systems"][name]) for name, block in whole["systems"].items()]
    pairs.append((whole["surrogate"], named["surrogate"]))
    for name, block in whole["datasets"].items():
        of_name = named["datasets"][name]
        pairs += [(block, of_name), *((s, of_name["studies"][k]) for k, s in block["studies"].items())]
    for block, of_name in pairs:
        for kind in {"models", "baselines"} & set(of_name):
            block[kind] = {name: block[kind][name] for name in of_name[kind]}
    config.write_text(yaml.safe_dump(whole, sort_keys=False))


def planned_rules(output: str) -> dict[str, int]:
    """Rule → number of jobs, from the statistics that a dry run prints first."""
    block = re.search(r"Job stats:\njob +count\n-+ +-+\n(.*?)\n\n", output, flags=re.DOTALL)
    if block is None:
        return {}
    return {line.split()[0]: int(line.split()[1]) for line in block[1].splitlines()}
