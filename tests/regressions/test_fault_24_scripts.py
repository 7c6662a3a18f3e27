"""Options without a word of help, missing columns as KeyError, and outputs that replaced inputs."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from dataclasses import MISSING, fields

import numpy as np
import pytest

from mfvae.errors import InputError
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.studies.box_energies.clusters import ClusterConfig
from mfvae.studies.box_energies.wavefunction import BoxConfig
from mfvae.training.config import TrainingConfig
from mfvae.training.objectives import OBJECTIVES
from mfvae.workflow.cli import call, parse
from mfvae.workflow.files.atomic import read_arrays, read_json, write_arrays, write_json
from mfvae.workflow.files.model_record import save_model
from mfvae.workflow.files.provenance import job, note_input
from mfvae.workflow.files.samples import SampleMetadata, read_samples, write_samples
from tests.scripts.calls import SCRIPTS, Ended, assert_one_line, in_here

CONFIGS = [BoxConfig, ClusterConfig, TrainingConfig, VAEConfig]


# -- help ------------------------------------------------------------------------------------------
def options_of(text: str) -> dict[str, str]:
    """What --help says of every option and argument, by its name."""
    _, _, listed = text.partition("\n\n")
    entries = re.split(r"^  (?=[-\w])", listed, flags=re.MULTILINE)[1:]
    found = {}
    for entry in entries:
        # the help stands behind two spaces, or on the next lines
        declared, _, said = entry.replace("\n", "  ", 1).partition("  ")
        found[declared.split()[0].rstrip(",")] = " ".join(said.split())
    return found


@pytest.mark.parametrize("script", [f"{path.parent.name}/{path.stem}" for path in SCRIPTS])
def test_every_option_says_what_it_is(script, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert in_here(script, "--help") == Ended(0, "")
    said = options_of(capsys.readouterr().out)
    assert "-h" in said
    assert [name for name, words in said.items() if not words] == []


def test_a_missing_help_is_seen():
    parser = ArgumentParser()
    parser.add_argument("--told", help="something")
    parser.add_argument("--untold-of-a-long-name", type=int, nargs="+")
    parser.add_argument("--short")
    said = options_of(parser.format_help())
    assert said["--told"] == "something"
    assert said["--untold-of-a-long-name"] == said["--short"] == ""


def command_of(config):
    """A script's main with one option for every field of a configuration."""

    def main(given):
        COMMANDS.append(given)

    main.__annotations__ = {"given": config, "return": None}
    return main


COMMANDS: list = []


@pytest.mark.parametrize("config", CONFIGS)
def test_an_option_says_its_default_and_its_choices(config, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        parse(command_of(config), ["--help"])
    shown = capsys.readouterr().out
    said = options_of(shown)
    for field in fields(config):
        words = said[f"--{field.name.replace('_', '-')}"]
        assert field.metadata["help"] in words
        if field.default is not MISSING:
            default = field.default if isinstance(field.default, tuple) else (field.default,)
            assert words.endswith(f"(default: {' '.join(map(str, default))})")
    if config is TrainingConfig:
        assert f": {', '.join(OBJECTIVES)} (default" in " ".join(shown.split())


def test_a_yes_or_no_is_what_is_said():
    """``--learned False`` was true, as any text is."""
    main, given = command_of(BoxConfig), {}
    for words in ("", "--learned", "--no-learned"):
        call(main, parse(main, words.split()))
        given[words] = COMMANDS.pop().learned
    assert given == {"": False, "--learned": True, "--no-learned": False}


# -- what a file lacks -----------------------------------------------------------------------------
def samples_without_columns(path):
    spins = np.ones((4, 8), dtype=np.int8)
    write_samples(path, spins, {"other": np.arange(4)}, SampleMetadata("hopfield", "N~8", "spin", 8, 1))


def test_a_missing_column_is_named_with_its_file(tmp_path):
    samples_without_columns(tmp_path / "a.parquet")
    samples = read_samples(tmp_path / "a.parquet")
    for name, read in {
        "split": lambda: samples.split("test"),
        "repeat": lambda: samples.columns["repeat"],
    }.items():
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value) == (
            f"columns of {tmp_path / 'a.parquet'} = ['other']: {name!r} among them is needed"
        )
    assert "repeat" not in samples.columns


def test_a_missing_array_is_named_with_its_file(tmp_path):
    write_arrays(tmp_path / "a.npz", {"label": np.zeros(3)})
    with pytest.raises(InputError, match=r"arrays of .*a\.npz = \['label'\]: 'data' among them"):
        read_arrays(tmp_path / "a.npz")["data"]
    write_arrays(tmp_path / "b.npz", {f"replica_{r}": np.zeros(1) for r in range(96)})
    with pytest.raises(InputError, match=r"'replica_10', .*'90 more'\]: 'data' among them") as caught:
        read_arrays(tmp_path / "b.npz")["data"]
    assert len(str(caught.value)) < 300


def test_a_script_ends_with_one_line_for_a_table_without_splits(tmp_path):
    samples_without_columns(tmp_path / "a.parquet")
    ended = in_here(
        "train/vae", "--samples", tmp_path / "a.parquet", "--system", "hopfield", "--seed", 1,
        "--output", tmp_path / "m.pt", "--cost", tmp_path / "m.tsv", "--latent-dim", 1,
    )  # fmt: skip
    assert_one_line(ended, "a.parquet", "'split' among them is needed")


# -- outputs that are inputs -----------------------------------------------------------------------
def test_an_output_that_is_read_is_refused_when_it_is_read(tmp_path):
    samples_without_columns(tmp_path / "a.parquet")
    before = (tmp_path / "a.parquet").read_bytes()
    ended = in_here(
        "train/vae", "--samples", tmp_path / "a.parquet", "--system", "hopfield", "--seed", 1,
        "--output", tmp_path / "x" / ".." / "a.parquet", "--cost", tmp_path / "m.tsv", "--latent-dim", 1,
    )  # fmt: skip
    assert_one_line(ended, "output = ", "a.parquet", "not read at the same time")
    assert (tmp_path / "a.parquet").read_bytes() == before


def test_the_record_of_a_model_is_not_replaced(tmp_path):
    about = {"system": "hopfield", "point": "N~8/p~1/beta~1.0"}
    save_model(
        tmp_path / "d3.pt", VAE(SITE_FAMILIES["spin"], 8, VAEConfig(1)), TrainingConfig(), 1, about
    )
    before = (tmp_path / "d3.json").read_bytes()
    ended = in_here(
        "decode/decode", "--model", tmp_path / "d3.pt", "--samples", tmp_path / "absent.parquet",
        "--name", "d3", "--seed", 1, "--system", about["system"], "--point", about["point"],
        "--patterns", "binary", "--n-test", 20, "--output", tmp_path / "d3.json",
        "--spectrum", tmp_path / "s.csv", "--pattern-table", tmp_path / "p.csv",
    )  # fmt: skip
    assert_one_line(ended, "output = ", "d3.json")
    assert (tmp_path / "d3.json").read_bytes() == before
    assert not (tmp_path / "p.csv").exists()


def test_whatever_was_read_is_not_written(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})
    with job(["script.py", "--facts", str(tmp_path / "a.json")]):
        read_json(tmp_path / "a.json")
        with pytest.raises(InputError, match=r"a\.json.*was not read"):
            write_json(tmp_path / "a.json", {"a": 2})
    with job(["script.py", "--output", str(tmp_path / "a.json")]):
        with pytest.raises(InputError, match="output = "):
            note_input(tmp_path / "a.json")
        read_json(tmp_path / "a.json", renewed=True)
        write_json(tmp_path / "a.json", {"a": 3})
    assert read_json(tmp_path / "a.json") == {"a": 3}
