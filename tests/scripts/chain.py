"""Files of one source at one point, made as the workflow makes them, but small; and copies to damage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mfvae.data.sources import sha256_of
from mfvae.systems import build
from mfvae.systems.base import System
from mfvae.workflow.metrics import Metric, read_metrics
from mfvae.workflow.reproduce.expected import Expected, write_expected
from mfvae.workflow.settings.points import parse
from tests.helpers.metrics import expected_of, name_of
from tests.scripts.calls import Call, assert_one_line, in_here, succeed

SEED = 5
N_SAMPLES = 600
N_TEST = 50
N_GENERATED = 1000
COST = "models/elbo.cost.tsv"  # the one file that differs from run to run
AS_REPEATS = [  # how a recording of repeats × neurons × bins is read
    *("--reading", json.dumps({"key": "bint", "axes": "groups sites rows"})),
    *("--holdout", "every_tenth_group"),
]
NETWORK = ["--encoder-hidden", 8, "--decoder-hidden", 8, "--epochs", 2, "--batch-size", 100]
COUPLINGS = ("coupling_from_mean", "coupling_from_spread", "coupling_from_potential")
INFORMATION = ("bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate")


@dataclass(frozen=True)
class Chain:
    """Files of one source at one point, from samples to a table of verdicts, below one folder."""

    folder: Path
    system: str
    point: str
    latent_dim: int
    patterns: str | None = None  # what is sought in the decoded fields, if anything is
    call: Call = in_here
    training: tuple = ()  # options that let two epochs find as many collective variables as there are

    @property
    def truth(self) -> System:
        return build(self.system, parse(self.point), SEED)

    @property
    def prefix(self) -> str:
        return f"{self.system}/{self.point.replace('~', '=')}/"

    def path(self, name: str) -> Path:
        return self.folder / name

    def metrics(self, *parts: str) -> dict[str, Metric]:
        """Metrics of some files, by their names without system and point."""
        found = read_metrics(self.path(f"{part}.json") for part in parts)
        assert all(name_of(metric).startswith(self.prefix) for metric in found)
        return {name_of(metric).removeprefix(self.prefix): metric for metric in found}

    def files(self) -> dict[str, bytes]:
        """All but the time that the training took."""
        cost = self.path(COST)
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path != cost)
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    def population(self, name: str, words: str) -> None:
        """Statistics of words, of the recording itself or drawn."""
        self.done(
            "measure/population", *self.about, "--words", self.path(words), "--name", name,
            "--triplets", 10, "--output", self.path(f"population/{name}.csv"),
        )  # fmt: skip

    def baseline(self, name: str, *settings) -> None:
        self.done(
            "train/baseline", *self.about, "--samples", self.path("samples.parquet"), "--name", name,
            *settings, "--n-words", N_GENERATED, "--words", self.path(f"words/{name}.parquet"),
            "--repeats", self.path(f"baselines/{name}.repeats.csv"),
            "--cost", self.path(f"baselines/{name}.cost.tsv"),
            "--output", self.path(f"baselines/{name}.json"),
        )  # fmt: skip
        self.population(name, f"words/{name}.parquet")

    def theory(self) -> None:
        """A model of the form b + ξ·φ(z), what it is as a Hamiltonian, and what that is like."""
        hopfield = self.path("models/hopfield_k2.pt")
        self.done(
            "train/vae", "--samples", self.path("samples.parquet"), "--system", self.system,
            "--name", "hopfield_k2", "--seed", SEED, "--latent-dim", 2, "--field-rank", 2, *NETWORK,
            "--output", hopfield, "--cost", self.path("models/hopfield_k2.cost.tsv"),
        )  # fmt: skip
        self.done(
            "theory/hamiltonian", *self.about, "--name", "hopfield_k2", "--model", hopfield,
            "--coupling", self.path("theory/coupling.csv"), "--nodes", self.path("theory/nodes.csv"),
            "--output", self.path("theory/sites.csv"),
        )  # fmt: skip
        tables = ["--sites", self.path("theory/sites.csv"), "--nodes", self.path("theory/nodes.csv")]
        self.done(
            "theory/monte_carlo", *tables, *self.about, "--chains", 20, "--kept", 50,
            "--words", self.path("words/hamiltonian.parquet"),
            "--output", self.path("theory/words.json"),
        )  # fmt: skip
        self.done(
            "theory/heat_capacity", *tables, *self.about, "--temperatures", 0.8, 1, 1.2,
            "--chains", 4, "--kept", 10, "--table", self.path("theory/heat_capacity.csv"),
            "--output", self.path("theory/heat_capacity.json"),
        )  # fmt: skip
        self.done(
            "theory/attractors", *tables, *self.about, "--samples", self.path("samples.parquet"),
            "--n-words", 200, "--surface", self.path("theory/surface.csv"),
            "--output", self.path("theory/attractors.json"),
        )  # fmt: skip

    # -- stages ------------------------------------------------------------------------------------
    @property
    def done(self) -> partial[None]:
        return partial(succeed, call=self.call)

    @property
    def about(self) -> list:
        return ["--system", self.system, "--point", self.point, "--seed", SEED]

    @property
    def model(self) -> list:
        return ["--name", "elbo", "--model", self.path("models/elbo.pt")]

    @property
    def data(self) -> list:
        return [*self.model, "--samples", self.path("samples.parquet")]

    def draw(self) -> None:
        self.done(
            "data/draw", *self.about, "--n-samples", N_SAMPLES,
            "--output", self.path("samples.parquet"), "--facts", self.path("facts.json"),
        )  # fmt: skip

    def inform(self) -> None:
        options = ["--n-samples", N_SAMPLES, "--output", self.path("information.json")]
        self.done("measure/information", *self.about, *options)

    def train(self) -> None:
        self.done(
            "train/vae", "--samples", self.path("samples.parquet"), "--system", self.system,
            "--name", "elbo", "--seed", SEED, "--latent-dim", self.latent_dim, *NETWORK, *self.training,
            "--output", self.path("models/elbo.pt"), "--cost", self.path(COST),
        )  # fmt: skip

    def measure(self) -> None:
        self.done(
            "measure/capacity", *self.about, *self.data, "--n-test", N_TEST,
            "--n-generated", N_GENERATED, "--information", self.path("information.json"),
            "--statistics", self.path("statistics.json"), "--output", self.path("capacity.json"),
        )  # fmt: skip

    def count(self) -> None:
        self.done(
            "measure/law", *self.about, *self.data, "--n-generated", N_GENERATED,
            "--output", self.path("law.csv"),
        )  # fmt: skip

    def decode(self) -> None:
        decoded = self.path(f"decoded/{self.point}/elbo")
        metrics = ["--metrics", self.path("decoding.json")] if self.patterns == "real" else []
        self.done(
            "decode/decode", *self.about, *self.data, "--patterns", self.patterns, "--n-test", N_TEST,
            "--output", f"{decoded}.json", "--spectrum", f"{decoded}.spectrum.csv",
            "--pattern-table", f"{decoded}.patterns.csv", *metrics,
        )  # fmt: skip

    def compare(self) -> None:
        self.done(
            "decode/against_truth", "--system", self.system, "--decoded", self.path("decoded"),
            "--models", f"{self.point}/elbo", "--n-train", 540, "--seed", SEED,
            "--output", self.path("comparison.json"), "--spectra", self.path("spectra.csv"),
            "--patterns", self.path("patterns.csv"), "--overlaps", self.path("overlaps.csv"),
        )  # fmt: skip

    def trace(self) -> None:
        """Exact curves over the point and a neighbour, and the curve of the training."""
        *others, (name, value) = parse(self.point).items()
        grid = [*(f"{key}={size}" for key, size in others), f"{name}={value},{value + 0.25}"]
        seed = ["--system", self.system, "--seed", SEED]
        self.done("tables/exact_curves", *seed, "--grid", *grid, "--output", self.path("curves.csv"))
        self.done(
            "tables/training_curves", *seed, "--models", f"{self.point}/elbo",
            "--records", self.path("models/elbo.json"), "--capacity", self.path("capacity.json"),
            "--output", self.path("training.csv"),
        )  # fmt: skip

    def figure(self, kind: str, *inputs: str, quantities: tuple[str, ...] = ()) -> None:
        self.done(
            "figures/draw", "--kind", kind, "--system", self.system, "--inputs", *map(self.path, inputs),
            "--quantities", *quantities, "--prefix", self.path(f"figures/{kind}"),
        )  # fmt: skip

    def collect(self) -> None:
        parts = ("facts", "information", "capacity", "statistics", "comparison")
        made = [path for part in parts if (path := self.path(f"{part}.json")).exists()]
        self.done(
            "reproduce/collect", "--inputs", *made, "--models", "{}",
            "--table", self.path("metrics.csv"), "--output", self.path("metrics.json"),
        )  # fmt: skip
        metrics = read_metrics([self.path("metrics.json")])
        expected = [Expected(metric, 0.0, "the same run") for metric in metrics[1:]]
        expected.append(expected_of("absent", 1.0, 0.1, "never measured"))
        write_expected(self.path("expected.csv"), expected)
        about = {"dataset": metrics[1].dataset, "quantity": metrics[1].quantity}
        published = [{"about": about, "value": 2.5, "source": "a paper"}]
        self.path("published.json").write_text(json.dumps(published))
        self.done(
            "reproduce/compare", "--metrics", self.path("metrics.json"),
            "--expected", self.path("expected.csv"), "--published", self.path("published.json"),
            "--files", self.path("samples.parquet"),
            "--sha256", sha256_of(self.path("samples.parquet")),
            "--html", self.path("reproduce.html"), "--output", self.path("reproduce.md"),
        )  # fmt: skip

    def run(self) -> Chain:
        """Everything that this system has."""
        self.draw()
        self.inform()
        self.train()
        self.measure()
        if self.patterns == "binary":
            self.count()
            self.figure("order_parameter_law", "law.csv")
        if self.patterns is not None:
            self.decode()
            self.compare()
            self.figure("coupling", "comparison.json", quantities=COUPLINGS)
            self.figure("singular_spectrum", "spectra.csv")
        self.trace()
        self.figure("training_curve", "training.csv")
        self.collect()
        return self


@dataclass(frozen=True)
class Inputs:
    """Copies of a chain's files that a test may damage; outputs go to the folder ``out``."""

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
        seed = {"system": self.chain.system, "seed": SEED, "output": self.path("out/output")}
        about = seed | {"point": self.chain.point}
        model = about | {"name": "elbo", "model": self.path("models/elbo.pt")}
        data = model | {"samples": self.path("samples.parquet")}
        trained = f"{self.chain.point}/elbo"
        tables = {name: self.path(f"theory/{name}.csv") for name in ("sites", "nodes")}
        recorded = self.chain.patterns == "real"
        of_draws = {"n_generated": N_GENERATED, "statistics": self.path("out/statistics")}
        right = {
            "measure/information": about
            | ({"samples": self.path("samples.parquet")} if recorded else {"n_samples": 100}),
            "train/vae": seed
            | {
                "samples": self.path("samples.parquet"),
                "cost": self.path("out/cost"),
                "latent_dim": 1,
                "epochs": 1,
            },
            "measure/capacity": data
            | {"information": self.path("information.json"), "n_test": N_TEST}
            | ({} if recorded else of_draws),
            "decode/decode": data
            | {
                "patterns": self.chain.patterns or "binary",
                "n_test": N_TEST,
                "spectrum": self.path("out/spectrum"),
                "pattern_table": self.path("out/patterns"),
            },
            "measure/law": data | {"n_generated": N_GENERATED},
            "measure/words": model | {"n_words": 10},
            "measure/latents": data | {"plane": self.path("out/plane")},
            "train/baseline": about
            | {
                "samples": self.path("samples.parquet"),
                "name": "mixture_c2",
                "kind": "mixture",
                "components": 2,
                "n_words": 10,
                "words": self.path("out/words"),
                "repeats": self.path("out/repeats"),
                "cost": self.path("out/cost"),
            },
            "theory/hamiltonian": about
            | {
                "name": "hopfield_k2",
                "model": self.path("models/hopfield_k2.pt"),
                "coupling": self.path("out/coupling"),
                "nodes": self.path("out/nodes"),
            },
            "theory/monte_carlo": about
            | tables
            | {"chains": 2, "kept": 4, "words": self.path("out/words")},
            "theory/heat_capacity": about
            | tables
            | {"temperatures": 1, "chains": 2, "kept": 4, "table": self.path("out/table")},
            "theory/attractors": about
            | tables
            | {
                "samples": self.path("samples.parquet"),
                "n_words": 100,
                "surface": self.path("out/surface"),
            },
            "tables/models": {key: value for key, value in about.items() if key != "seed"}
            | {
                "models": "elbo",
                "costs": self.path("models/elbo.cost.tsv"),
                "records": self.path("models/elbo.json"),
                "metrics": self.path("capacity.json"),
                "repeats": self.path("repeats.csv"),
                "population": self.path("population/data.csv"),
                **{
                    name: self.path(f"out/{name}")
                    for name in ("comparison", "dimension", "price", "supported", "differences")
                },
                "markdown": self.path("out/markdown"),
            },
            "measure/population": about
            | {"words": self.path("samples.parquet"), "name": "data", "triplets": 5},
            "compare/population": {key: value for key, value in about.items() if key != "seed"}
            | {"data": self.path("population/data.csv"), "models": self.path("population/elbo.csv")},
            "decode/against_truth": seed
            | {
                "decoded": self.path("decoded"),
                "n_train": 540,
                "models": trained,
                "spectra": self.path("out/spectra"),
                "patterns": self.path("out/patterns"),
                "overlaps": self.path("out/overlaps"),
            },
            "measure/ledger": data | {"n_test": N_TEST},
            "tables/training_curves": seed
            | {
                "models": trained,
                "records": self.path("models/elbo.json"),
                "capacity": self.path("capacity.json"),
            },
        }[script]
        chosen = {**right, **changes}
        return [
            word
            for key, value in chosen.items()
            if value is not None
            for word in ("--" + key.replace("_", "-"), value)
        ]

    def refused(self, script: str, *words, call: Call = in_here, **changes) -> None:
        assert_one_line(call(script, *self.options(script, **changes)), *words)
        self.nothing_is_left()

    def diverges(self, *words, call: Call = in_here, **changes) -> None:
        """A training that ends with one line and leaves its last good weights alone."""
        changes = {"learning_rate": 1e30, "batch_size": 100} | changes
        kept = self.path("out/output.last_good.pt")
        assert_one_line(call("train/vae", *self.options("train/vae", **changes)), kept, *words)
        left = sorted(path.name for path in self.folder.glob("out/*"))
        assert left == ["output.last_good.json", "output.last_good.pt"]

    def nothing_is_left(self) -> None:
        assert not list(self.folder.glob("out/*")), "an output is left behind"
