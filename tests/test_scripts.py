"""Scripts as programs: a chain on tiny data, equal bytes when run again, one line for bad input."""

from __future__ import annotations

import dataclasses
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from mfvae.metrics import read_metrics
from mfvae.models import load_model
from mfvae.recordings import LOCAL_FILE_VARIABLE, sha256_of
from mfvae.samples import read_samples
from mfvae.systems import build
from tests.conftest import ROOT
from tests.statistics import assert_within_floor

SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != LOCAL_FILE_VARIABLE} | {
    "PYTHONPATH": str(ROOT),
    "OMP_NUM_THREADS": "1",  # as the workflow does: every rule has one thread
}
SEED = 5
NETWORK = ["--encoder-hidden", 8, "--decoder-hidden", 8, "--epochs", 1, "--batch-size", 100]


@dataclass(frozen=True)
class Ended:
    """How a script ended."""

    status: int
    stderr: str


Call = Callable[..., Ended]


def as_process(script: str, *words) -> Ended:
    """In a new process, as the workflow calls it."""
    command = [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *map(str, words)]
    result = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return Ended(result.returncode, result.stderr)


def in_here(script: str, *words) -> Ended:
    """In this process, which spares the seconds of imports; an uncaught exception fails the test."""
    path = str(ROOT / "scripts" / f"{script}.py")
    with mock.patch.object(sys, "argv", [path, *map(str, words)]), mock.patch.dict(os.environ):
        os.environ.pop(LOCAL_FILE_VARIABLE, None)
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as end:  # a text goes to stderr, with status 1
            return Ended(1, f"{end.code}\n") if isinstance(end.code, str) else Ended(end.code or 0, "")
    return Ended(0, "")


# -- help ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("script", [path.stem for path in SCRIPTS])
def test_every_script_explains_itself(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert in_here(script, "--help") == Ended(0, "")
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith(f"usage: {script}.py")
    assert "--output" in shown.out or "--prefix" in shown.out
    assert len(shown.out.splitlines()) < 80
    assert list(tmp_path.iterdir()) == []


def test_a_script_without_options_says_which_are_missing():
    result = as_process("draw_samples")
    assert result.status == 2
    assert "--point" in result.stderr
    assert "Traceback" not in result.stderr


# -- a whole chain ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Chain:
    """Files of one system at one point, from samples to a table of verdicts, below one folder."""

    folder: Path
    system: str
    point: str
    latent_dim: int
    call: Call = in_here

    def done(self, script: str, *words) -> None:
        result = self.call(script, *words)
        assert result.status == 0, result.stderr

    @property
    def about(self) -> list:
        return ["--system", self.system, "--point", self.point, "--seed", SEED]

    @property
    def data(self) -> list:
        samples, model = self.folder / "samples.parquet", self.folder / "models/elbo.pt"
        return ["--name", "elbo", "--samples", samples, "--model", model]

    def draw(self, n: int = 600) -> None:
        folder = self.folder
        self.done(
            "draw_samples", *self.about, "--n-samples", n,
            "--output", folder / "samples.parquet", "--facts", folder / "facts.json",
        )  # fmt: skip

    def train(self) -> None:
        self.done(
            "train_vae", "--samples", self.folder / "samples.parquet", "--system", self.system,
            "--name", "elbo", "--seed", SEED, "--latent-dim", self.latent_dim, *NETWORK,
            "--output", self.folder / "models/elbo.pt",
        )  # fmt: skip

    def decode(self, patterns: str) -> None:
        decoded = self.folder / "decoded" / self.point / "elbo"
        self.done(
            "decode_fields", *self.about, *self.data, "--patterns", patterns, "--n-test", 50,
            "--output", f"{decoded}.json", "--spectrum", f"{decoded}.spectrum.csv",
            "--pattern-table", f"{decoded}.patterns.csv",
        )  # fmt: skip

    def measure(self) -> None:
        folder = self.folder
        self.done(
            "measure_capacity", *self.about, *self.data, "--facts", folder / "facts.json",
            "--n-test", 50, "--output", folder / "capacity.json",
        )  # fmt: skip
        self.done(
            "order_parameter_statistics", *self.about, *self.data, "--n-generated", 1000,
            "--law", folder / "law.csv", "--output", folder / "statistics.json",
        )  # fmt: skip

    def compare(self) -> None:
        folder = self.folder
        self.done(
            "compare_with_theory", "--system", self.system, "--decoded", folder / "decoded",
            "--models", f"{self.point}/elbo", "--n-train", 540, "--seed", SEED,
            "--output", folder / "comparison.json", "--spectra", folder / "spectra.csv",
            "--patterns", folder / "patterns.csv", "--overlaps", folder / "overlaps.csv",
        )  # fmt: skip

    def figure(self, kind: str, *inputs: str, quantities: tuple[str, ...] = ()) -> None:
        self.done(
            "draw_figure", "--kind", kind, "--inputs", *(self.folder / name for name in inputs),
            "--quantities", *quantities, "--prefix", self.folder / "figures" / kind,
        )  # fmt: skip

    def collect(self) -> None:
        folder = self.folder
        parts = ("facts", "capacity", "statistics", "comparison")
        self.done(
            "collect_metrics", "--inputs", *(folder / f"{part}.json" for part in parts),
            "--output", folder / "metrics.json",
        )  # fmt: skip
        metrics = json.loads((folder / "metrics.json").read_text())
        expected = {
            metric["name"]: {"value": metric["value"], "tolerance": 0.0, "reason": "the same run"}
            for metric in metrics[1:]
        } | {"absent": {"value": 1.0, "tolerance": 0.1, "reason": "never measured"}}
        (folder / "expected.json").write_text(json.dumps(expected))
        self.done(
            "compare_metrics", "--metrics", folder / "metrics.json",
            "--expected", folder / "expected.json", "--output", folder / "reproduce.md",
        )  # fmt: skip

    def run(self) -> Chain:
        self.draw()
        self.train()
        self.measure()
        self.decode("binary")
        self.compare()
        couplings = ("coupling_from_mean", "coupling_from_spread")
        self.figure("coupling", "comparison.json", quantities=couplings)
        self.figure("singular_spectrum", "spectra.csv")
        self.collect()
        return self

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def curie_weiss(tmp_path_factory) -> Chain:
    folder = tmp_path_factory.mktemp("chain")
    return Chain(folder, "curie_weiss", "N~16/beta~0.5", 1, as_process).run()


@pytest.fixture(scope="module")
def hopfield(tmp_path_factory) -> Chain:
    chain = Chain(tmp_path_factory.mktemp("hopfield"), "hopfield", "N~20/p~2/beta~0.9", 2)
    chain.draw()
    chain.train()
    chain.decode("binary")
    chain.compare()
    return chain


def test_a_chain_writes_all_that_it_promises_and_nothing_else(curie_weiss):
    decoded = f"decoded/{curie_weiss.point}/elbo"
    figures = [f"figures/{kind}" for kind in ("coupling", "singular_spectrum")]
    assert sorted(curie_weiss.files()) == sorted(
        [
            "samples.parquet", "facts.json", "models/elbo.pt", "models/elbo.json",
            "capacity.json", "law.csv", "statistics.json",
            f"{decoded}.json", f"{decoded}.spectrum.csv", f"{decoded}.patterns.csv",
            "comparison.json", "spectra.csv", "patterns.csv", "overlaps.csv",
            *(f"{figure}.{suffix}" for figure in figures for suffix in ("csv", "pdf", "png")),
            "metrics.json", "expected.json", "reproduce.md",
        ]
    )  # fmt: skip


def test_a_chain_run_again_elsewhere_writes_equal_bytes(curie_weiss, tmp_path):
    again = dataclasses.replace(curie_weiss, folder=tmp_path).run().files()
    assert set(again) == set(curie_weiss.files())
    different = [name for name, content in curie_weiss.files().items() if again[name] != content]
    assert different == []


def test_samples_are_exact_and_their_last_tenth_is_held_out(curie_weiss):
    samples = read_samples(curie_weiss.folder / "samples.parquet", "curie_weiss")
    assert samples.configurations.shape == (600, 16)
    assert samples.metadata.point == curie_weiss.point
    assert samples.columns["split"].tolist() == ["train"] * 540 + ["test"] * 60
    system = build("curie_weiss", {"N": 16, "beta": 0.5}, SEED)
    log_p = system.log_prob(samples.configurations)
    floor = log_p.std(ddof=1) / np.sqrt(len(log_p))
    assert_within_floor(-log_p.mean(), system.entropy(), floor)
    facts = {
        metric.name.rsplit("/", 1)[1]: metric
        for metric in read_metrics([curie_weiss.folder / "facts.json"])
    }
    assert facts["entropy"].value == system.entropy()
    assert facts["bipartite_mi"].value == system.bipartite_mi()
    squared = facts["order_parameter_squared"]
    assert_within_floor(squared.value, squared.reference, squared.stderr)


def test_a_model_knows_what_it_was_trained_on(curie_weiss):
    model = load_model(curie_weiss.folder / "models/elbo.pt")
    record = json.loads((curie_weiss.folder / "models/elbo.json").read_text())
    assert (model.n_sites, model.config.latent_dim) == (16, 1)
    assert record["trained_on"] == {"system": "curie_weiss", "point": curie_weiss.point}
    assert [entry["epoch"] for entry in record["history"]] == [1]


def test_all_numbers_of_a_chain_have_names_and_verdicts(curie_weiss):
    metrics = read_metrics([curie_weiss.folder / "metrics.json"])
    prefix = "curie_weiss/N=16/beta=0.5/"
    assert all(metric.name.startswith(prefix) for metric in metrics)
    quantities = {metric.name.removeprefix(prefix) for metric in metrics}
    assert quantities >= {
        "entropy", "bipartite_mi", "elbo/rate", "elbo/kl", "elbo/bound_slack",
        "elbo/collective_variables", "elbo/coupling_from_mean", "elbo/mean_abs_order_parameter",
    }  # fmt: skip
    lines = (curie_weiss.folder / "reproduce.md").read_text().splitlines()[2:]
    found = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in lines}
    first, *others = (metric.name for metric in metrics)
    assert found == {first: "NEW", "absent": "MISSING"} | dict.fromkeys(others, "ok")


def test_a_law_is_a_law_in_data_model_and_exactly(curie_weiss):
    law = pd.read_csv(curie_weiss.folder / "law.csv")
    assert set(law["source"]) == {"exact", "data", "model"}
    assert law.groupby("source")["probability"].sum().to_numpy() == pytest.approx(1)
    assert set(law["N"]) == {16}
    assert set(law["beta"]) == {0.5}


@pytest.mark.parametrize("chain", ["curie_weiss", "hopfield"])
def test_comparison_tables_hold_every_pattern(chain, request):
    chain = request.getfixturevalue(chain)
    parameters = dict(part.split("~") for part in chain.point.split("/"))
    n_patterns, n_sites = int(parameters.get("p", 1)), int(parameters["N"])
    overlaps = pd.read_csv(chain.folder / "overlaps.csv")
    assert overlaps["pattern"].tolist() == list(range(1, n_patterns + 1))
    assert overlaps["overlap"].between(0, 1).all()
    patterns = pd.read_csv(chain.folder / "patterns.csv")
    assert len(patterns) == n_patterns * n_sites
    assert set(patterns["truth"]) <= {-1, 1}
    spectra = pd.read_csv(chain.folder / "spectra.csv")
    assert spectra["index"].tolist() == list(range(1, n_sites + 1))
    assert spectra["singular_value"].is_monotonic_decreasing


# -- a recording -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Chain:
    """Twelve repeats of six neurons in 40 bins, correlated by a common input."""
    chain = Chain(tmp_path_factory.mktemp("recording"), "retina", "repeats~12", 2)
    folder, rng = chain.folder, np.random.default_rng(1)
    common = rng.random((12, 1, 40)) < 0.2
    spikes = (rng.random((12, 6, 40)) < np.where(common, 0.6, 0.1)).astype(np.uint8)
    savemat(folder / "original.mat", {"bint": spikes})
    chain.done(
        "obtain_recording", "--file", folder / "original.mat",
        "--sha256", sha256_of(folder / "original.mat"), "--output", folder / "recording.mat",
    )  # fmt: skip
    chain.done(
        "cut_words", "--recording", folder / "recording.mat", *chain.about,
        "--output", folder / "samples.parquet",
    )  # fmt: skip
    chain.train()
    chain.decode("real")
    chain.done(
        "population_statistics", *chain.about, *chain.data, "--n-generated", 1000,
        "--counts", folder / "counts.csv", "--correlations", folder / "correlations.csv",
        "--plane", folder / "plane.csv", "--output", folder / "statistics.json",
    )  # fmt: skip
    chain.done(
        "measure_recording_capacity", *chain.about, *chain.data, "--n-test", 50,
        "--output", folder / "capacity.json",
    )  # fmt: skip
    return chain


def test_words_of_a_recording_are_held_out_by_repeats(recording):
    samples = read_samples(recording.folder / "samples.parquet", "retina")
    assert samples.configurations.shape == (480, 6)
    held_out = samples.columns[samples.columns["split"] == "test"]
    assert sorted(set(held_out["repeat"])) == [0, 10]
    assert len(held_out) == 80


def test_a_population_has_its_tables_and_figures(recording):
    counts = pd.read_csv(recording.folder / "counts.csv")
    assert set(counts["source"]) == {"data", "independent", "model"}
    assert counts.groupby("source")["probability"].sum().to_numpy() == pytest.approx(1)
    correlations = pd.read_csv(recording.folder / "correlations.csv")
    assert len(correlations) == 15
    plane = pd.read_csv(recording.folder / "plane.csv")
    assert list(plane) == ["z_1", "z_2", "spike_count"]
    assert len(plane) == 80
    for kind, table in {
        "count_distribution": "counts.csv",
        "stored_patterns": f"decoded/{recording.point}/elbo.patterns.csv",
    }.items():
        recording.figure(kind, table)
        assert (recording.folder / f"figures/{kind}.png").read_bytes().startswith(b"\x89PNG")
        assert (recording.folder / f"figures/{kind}.pdf").read_bytes().startswith(b"%PDF")


def test_a_population_has_its_metrics(recording):
    paths = [recording.folder / f"{name}.json" for name in ("statistics", "capacity")]
    found = {metric.name: metric for metric in read_metrics(paths)}
    assert found["retina/repeats=12/distinct_words"].value <= 64
    silence = found["retina/repeats=12/elbo/p_silence"]
    assert silence.reference == found["retina/repeats=12/p_silence"].value
    slack = found["retina/repeats=12/elbo/model_bound_slack"]
    assert slack.value >= -4 * slack.stderr  # the capacity bound, for the model's own draws


# -- bad input -------------------------------------------------------------------------------------
def assert_one_line(result: Ended, *words) -> None:
    """Exit status 1 and one line ``error: …`` that says these words; no traceback."""
    assert result.status == 1, result.stderr
    assert "Traceback" not in result.stderr, result.stderr
    lines = result.stderr.splitlines()
    assert [line.startswith("error: ") for line in lines] == [True], result.stderr
    for word in words:
        assert str(word) in lines[0]


@dataclass(frozen=True)
class Inputs:
    """Copies of a chain's files that a test may damage, and a folder where nothing may appear."""

    folder: Path
    other: Path  # files of another system
    chain: Chain

    def path(self, name: str) -> Path:
        return self.folder / name

    def truncate(self, name: str) -> Path:
        path = self.path(name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    def options(self, script: str, **changes) -> list:
        """Words of a right call of a script, some options changed; outputs go to ``out``."""
        name = f"decoded/{self.chain.point}/elbo"
        common = {
            "system": self.chain.system,
            "point": self.chain.point,
            "name": "elbo",
            "samples": self.path("samples.parquet"),
            "model": self.path("models/elbo.pt"),
            "seed": SEED,
            "output": self.path("out/output"),
        }
        own = {
            "train_vae": {"latent_dim": 1, "epochs": 1, "point": None, "model": None},
            "measure_capacity": {"facts": self.path("facts.json"), "n_test": 50},
            "decode_fields": {
                "patterns": "binary",
                "n_test": 50,
                "spectrum": self.path("out/spectrum"),
                "pattern_table": self.path("out/patterns"),
            },
            "order_parameter_statistics": {"n_generated": 1000, "law": self.path("out/law")},
            "population_statistics": {
                "n_generated": 1000,
                "counts": self.path("out/counts"),
                "correlations": self.path("out/correlations"),
                "plane": self.path("out/plane"),
            },
            "measure_recording_capacity": {"n_test": 50},
            "compare_with_theory": {
                "point": None,
                "name": None,
                "samples": None,
                "model": None,
                "decoded": self.path("decoded"),
                "n_train": 540,
                "models": f"{self.chain.point}/elbo",
                "spectra": self.path("out/spectra"),
                "patterns": self.path("out/patterns"),
                "overlaps": self.path("out/overlaps"),
            },
        }[script]
        assert self.path(f"{name}.json").exists()
        chosen = {key: value for key, value in {**common, **own, **changes}.items() if value is not None}
        return [word for key, value in chosen.items() for word in ("--" + key.replace("_", "-"), value)]

    def refused(self, script: str, *words, call: Call = in_here, **changes) -> None:
        assert_one_line(call(script, *self.options(script, **changes)), *words)
        self.nothing_is_left()

    def nothing_is_left(self) -> None:
        assert not list(self.folder.glob("out/*")), "an output is left behind"


@pytest.fixture
def inputs(tmp_path, curie_weiss, hopfield) -> Inputs:
    shutil.copytree(curie_weiss.folder, tmp_path / "files")
    return Inputs(tmp_path / "files", hopfield.folder, curie_weiss)


READERS = ["train_vae", "measure_capacity", "decode_fields", "order_parameter_statistics"]
USERS = READERS[1:]  # of a model


@pytest.mark.parametrize("script", READERS)
def test_the_right_call_of_which_all_others_are_changes_works(inputs, script):
    assert in_here(script, *inputs.options(script)).status == 0
    assert list(inputs.folder.glob("out/*"))


@pytest.mark.parametrize("script", [*READERS, "population_statistics", "measure_recording_capacity"])
def test_samples_of_another_system_are_refused(inputs, script):
    other = inputs.other / "samples.parquet"
    inputs.refused(script, other, "'hopfield'", "'curie_weiss'", samples=other)


def test_a_process_ends_with_one_line_and_status_one(inputs):
    """What all other tests here see from inside, seen from outside."""
    other = inputs.other / "samples.parquet"
    inputs.refused("train_vae", other, samples=other, call=as_process)
    inputs.refused("train_vae", "step 2: ", learning_rate=1e30, batch_size=100, call=as_process)
    inputs.refused("measure_capacity", inputs.truncate("models/elbo.pt"), call=as_process)


@pytest.mark.parametrize("script", READERS)
def test_damaged_samples_are_refused(inputs, script):
    inputs.refused(script, inputs.truncate("samples.parquet"))


def test_missing_samples_are_refused(inputs):
    inputs.refused("train_vae", inputs.path("absent"), samples=inputs.path("absent"))


@pytest.mark.parametrize("script", USERS)
def test_a_damaged_model_is_refused(inputs, script):
    inputs.refused(script, inputs.truncate("models/elbo.pt"))


def test_a_damaged_or_missing_record_of_a_model_is_refused(inputs):
    inputs.refused("measure_capacity", inputs.truncate("models/elbo.json"))
    inputs.path("models/elbo.json").unlink()
    inputs.refused("measure_capacity", inputs.path("models/elbo.json"))


@pytest.mark.parametrize("script", USERS)
def test_a_model_of_another_system_is_refused(inputs, script):
    """It has another number of sites; its record says what it was trained on."""
    other = inputs.other / "models/elbo.pt"
    inputs.refused(script, other.with_suffix(""), model=other)


@pytest.mark.parametrize("script", USERS)
def test_samples_of_another_point_are_refused(inputs, script):
    """Otherwise log p(x) of one temperature would be taken for samples of another."""
    inputs.refused(script, inputs.folder, "N~16/beta~0.5", point="N~16/beta~1.5")


def test_damaged_facts_are_refused(inputs):
    inputs.refused("measure_capacity", inputs.truncate("facts.json"))


def test_facts_of_something_else_are_refused(inputs):
    inputs.refused("measure_capacity", "bipartite_mi", facts=inputs.path("comparison.json"))


@pytest.mark.parametrize("suffix", ["json", "spectrum.csv", "patterns.csv"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"one,two\n1,2\n"], ids=["empty", "binary", "other"]
)
def test_damaged_decodings_are_refused(inputs, suffix, content):
    path = inputs.path(f"decoded/{inputs.chain.point}/elbo.{suffix}")
    path.write_bytes(content)
    inputs.refused("compare_with_theory", path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 0}, "epochs = 0"),
        ({"latent_dim": 0}, "latent_dim = 0"),
        ({"objective": "magic"}, "objective = 'magic'"),
        ({"learning_rate": "nan"}, "learning_rate = nan"),
        ({"learning_rate": 1e30, "batch_size": 100}, "step 2: "),
    ],
)
def test_impossible_and_diverging_trainings_leave_nothing(inputs, changes, words):
    inputs.refused("train_vae", words, **changes)


@pytest.mark.parametrize(
    ("system", "point", "words"),
    [
        ("curie_weiss", "N~15/beta~1.0", "N = 15"),
        ("curie_weiss", "N~16/beta~-1.0", "beta = -1.0"),
        ("curie_weiss", "N~16", "N, beta"),
        ("curie_weiss", "cold", "point = 'cold'"),
        ("potts", "N~16/beta~1.0", "curie_weiss, hopfield"),
        ("hopfield", "N~100/p~9/beta~1.0", "p = 9"),
    ],
)
def test_impossible_points_are_refused(tmp_path, system, point, words):
    options = ["--system", system, "--point", point, "--n-samples", 100, "--seed", 1]
    outputs = ["--output", tmp_path / "samples.parquet", "--facts", tmp_path / "facts.json"]
    assert_one_line(in_here("draw_samples", *options, *outputs), words)
    assert list(tmp_path.iterdir()) == []


def test_metrics_that_cannot_be_joined_are_refused(inputs):
    output = ["--output", inputs.path("out/metrics.json")]
    twice = [inputs.path("facts.json")] * 2
    assert_one_line(in_here("collect_metrics", "--inputs", *twice, *output), "log_partition_per_site")
    damaged = inputs.truncate("capacity.json")
    assert_one_line(in_here("collect_metrics", "--inputs", twice[0], damaged, *output), damaged)
    inputs.nothing_is_left()


def test_damaged_expectations_are_refused(inputs):
    output = ["--output", inputs.path("out/reproduce.md")]
    options = ["--metrics", inputs.path("metrics.json"), "--expected", inputs.truncate("expected.json")]
    assert_one_line(in_here("compare_metrics", *options, *output), inputs.path("expected.json"))
    inputs.nothing_is_left()


def test_tables_that_make_no_figure_are_refused(inputs):
    prefix = ["--prefix", inputs.path("out/figure")]
    empty = inputs.path("spectra.csv")
    empty.write_bytes(b"")
    options = ["--kind", "singular_spectrum", "--inputs"]
    assert_one_line(in_here("draw_figure", *options, empty, *prefix), empty)
    assert_one_line(
        in_here("draw_figure", *options, inputs.path("overlaps.csv"), *prefix), "singular_value"
    )
    inputs.nothing_is_left()


def test_recordings_that_are_not_what_they_should_be_are_refused(tmp_path, recording):
    original, output = recording.folder / "original.mat", ["--output", tmp_path / "out"]
    wrong = ["--sha256", "0" * 64]
    assert_one_line(in_here("obtain_recording", "--file", original, *wrong, *output), original, "0" * 64)
    assert_one_line(in_here("obtain_recording", *wrong, *output), LOCAL_FILE_VARIABLE)
    about = ["--system", "retina", "--seed", 1]
    too_many = ["--recording", original, "--point", "repeats~13"]
    assert_one_line(in_here("cut_words", *about, *too_many, *output), "repeats = 13", "12")
    damaged = tmp_path / "damaged.mat"
    damaged.write_bytes(original.read_bytes()[:100])
    options = ["--recording", damaged, "--point", "repeats~12"]
    assert_one_line(in_here("cut_words", *about, *options, *output), damaged)
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.mat"]
