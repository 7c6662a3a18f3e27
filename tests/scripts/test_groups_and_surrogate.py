"""Parts of the recording: groups against the pairwise model, halves; a surrogate beside its truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from mfvae.latent.lattice import LatentLattice
from mfvae.systems.surrogate import surrogate
from mfvae.workflow.files.model_record import load_model
from mfvae.workflow.files.samples import read_samples
from mfvae.workflow.metrics import read_metrics
from tests.helpers.metrics import name_of
from tests.helpers.statistics import FACTOR
from tests.scripts.calls import assert_one_line, in_here, succeed
from tests.scripts.chain import NETWORK, SEED

GROUPS = ("neurons~4/group~1", "neurons~4/group~2")
SITES = 8


def train(folder, system: str, name: str, *options) -> None:
    succeed(
        "train/vae", "--samples", folder / "samples.parquet", "--system", system, "--name", name,
        "--seed", SEED, *options, *NETWORK, "--output", folder / f"{name}.pt",
        "--cost", folder / f"{name}.tsv",
    )  # fmt: skip


def compare_group(folder, point: str, **changes) -> list:
    right = {
        "system": "groups", "point": point, "samples": folder / "samples.parquet",
        "pairwise": folder / "pairwise.json", "repeats": folder / "pairwise.csv", "names": "exact",
        "streams": "exact",
        "models": folder / "exact.pt", "seed": SEED, "table": folder / "table.csv",
        "output": folder / "group.json",
    }  # fmt: skip
    return [word for key, value in (right | changes).items() for word in (f"--{key}", value)]


@pytest.fixture(scope="module")
def groups(recording, tmp_path_factory):
    """A folder for each group, and the one above them."""
    above = tmp_path_factory.mktemp("groups")
    for point in GROUPS:
        folder = above / point[-1]
        about = ["--system", "groups", "--point", point, "--seed", SEED]
        succeed(
            "data/subset", "--samples", recording.path("samples.parquet"), *about,
            "--output", folder / "samples.parquet",
        )  # fmt: skip
        succeed(
            "train/baseline", *about, "--samples", folder / "samples.parquet", "--name", "pairwise",
            "--kind", "pairwise", "--steps", 100, "--n-words", 10, "--words", folder / "words.parquet",
            "--repeats", folder / "pairwise.csv", "--cost", folder / "pairwise.tsv",
            "--output", folder / "pairwise.json",
        )  # fmt: skip
        train(folder, "groups", "exact", "--latent-dim", 1)
        succeed("compare/group", *compare_group(folder, point))
    succeed(
        "tables/groups", "--system", "groups", "--point", "neurons~4",
        "--groups", above / "1/table.csv", above / "2/table.csv", "--table", above / "all.csv",
        "--output", above / "all.json",
    )  # fmt: skip
    return above


def test_a_group_holds_random_neurons_with_the_same_repeats(recording, groups):
    whole = read_samples(recording.path("samples.parquet"))
    columns = {tuple(column) for column in whole.configurations.T.tolist()}
    chosen = []
    for point in GROUPS:
        group = read_samples(groups / point[-1] / "samples.parquet", "groups", point)
        assert pd.DataFrame(group.columns).equals(pd.DataFrame(whole.columns))
        own = {tuple(column) for column in group.configurations.T.tolist()}
        assert len(own) == 4
        assert own <= columns
        chosen.append(own)
    assert chosen[0] != chosen[1]


def test_differences_are_paired_by_repeats_and_share_the_error_of_log_z(groups):
    folder = groups / "1"
    model = load_model(folder / "exact.pt")
    test = read_samples(folder / "samples.parquet").split("test")
    nats = -LatentLattice(model, 1).log_marginal(torch.from_numpy(model.family.statistic(test))).numpy()
    pairwise = pd.read_csv(folder / "pairwise.csv")["nats"].to_numpy()
    difference = nats.reshape(2, 40).mean(1) - pairwise  # of the two held-out repeats
    (row,) = pd.read_csv(folder / "table.csv").itertuples()
    assert (row.group, row.model) == (1, "exact")
    assert row.value == pytest.approx(difference.mean(), abs=1e-4)
    found = {name_of(metric): metric.value for metric in read_metrics([folder / "pairwise.json"])}
    shared = found["groups/neurons=4/group=1/pairwise/log_partition_error"]
    error = np.hypot(difference.std(ddof=1) / np.sqrt(2), shared)
    assert row.stderr == pytest.approx(error, abs=1e-4)


def test_the_mean_over_groups_has_the_error_between_them(groups):
    table = pd.read_csv(groups / "all.csv")
    assert table["group"].tolist() == [1, 2]
    (mean,) = read_metrics([groups / "all.json"])
    assert name_of(mean) == "groups/neurons=4/exact/mean_nats_above_pairwise"
    assert (mean.value, mean.stderr) == pytest.approx((table["value"].mean(), table["value"].sem()))


def test_bad_groups_are_refused(recording, groups, tmp_path):
    output = ["--system", "groups", "--seed", SEED, "--output", tmp_path / "out"]
    samples = ["--samples", recording.path("samples.parquet")]
    for number in (1, 7):
        point = ["--point", f"neurons~{number}/group~1"]
        result = in_here("data/subset", *samples, *point, *output)
        assert_one_line(result, f"neurons = {number}", "from 2 to 6")
    one, other = groups / "1", groups / "2"
    new = {"table": tmp_path / "table", "output": tmp_path / "out"}
    result = in_here("compare/group", *compare_group(one, GROUPS[0], **new, models=other / "exact.pt"))
    assert_one_line(result, "group~2")
    wrong = {"repeats": tmp_path / "repeats.csv"}
    pd.DataFrame({"repeat": [0, 1], "nats": [1.0, 1.0]}).to_csv(wrong["repeats"], index=False)
    assert_one_line(in_here("compare/group", *compare_group(one, GROUPS[0], **new, **wrong)), "[0, 1]")
    about = ["--system", "groups", "--point", "neurons~4", "--groups", one / "pairwise.csv"]
    result = in_here("tables/groups", *about, "--table", new["table"], "--output", new["output"])
    assert_one_line(result, one / "pairwise.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["repeats.csv"]


# -- halves ----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def halves(recording, tmp_path_factory):
    folders = [tmp_path_factory.mktemp(f"half{half}") for half in (1, 2)]
    for half, folder in enumerate(folders, 1):
        succeed(
            "data/subset", "--samples", recording.path("samples.parquet"), "--system", "halves",
            "--point", f"half~{half}", "--seed", SEED, "--output", folder / "samples.parquet",
        )  # fmt: skip
        train(folder, "halves", "k1", "--latent-dim", 1, "--field-rank", 1)
    train(folders[0], "halves", "k1_r2", "--latent-dim", 1, "--field-rank", 1)
    return folders


def compare_halves(folders, **changes) -> list:
    right = {
        "system": "halves", "points": ["half~1", "half~1", "half~2"], "names": ["k1", "k1_r2", "k1"],
        "models": [folders[0] / "k1.pt", folders[0] / "k1_r2.pt", folders[1] / "k1.pt"],
        "table": folders[0] / "pairs.csv", "output": folders[0] / "pairs.json",
    }  # fmt: skip
    words: list = []
    for key, value in (right | changes).items():
        words += [f"--{key}", *(value if isinstance(value, list) else [value])]
    return words


def test_halves_share_the_held_out_repeats_and_nothing_else(recording, halves):
    whole = pd.DataFrame(read_samples(recording.path("samples.parquet")).columns)
    parts = [
        pd.DataFrame(read_samples(folder / "samples.parquet", "halves", f"half~{half}").columns)
        for half, folder in enumerate(halves, 1)
    ]
    trained = [set(part.loc[part["split"] == "train", "repeat"]) for part in parts]
    assert not trained[0] & trained[1]
    assert trained[0] | trained[1] == set(whole.query("split == 'train'")["repeat"])
    assert abs(len(trained[0]) - len(trained[1])) <= 1
    for part in parts:
        held_out = part.query("split == 'test'").reset_index(drop=True)
        assert held_out.equals(whole.query("split == 'test'").reset_index(drop=True))


def test_patterns_are_compared_between_seeds_and_between_halves(halves):
    succeed("compare/halves", *compare_halves(halves))
    table = pd.read_csv(halves[0] / "pairs.csv")
    assert table["across"].tolist() == ["seeds", "halves", "halves"]
    assert table["second"].tolist() == ["1/2", "2/1", "2/1"]
    last = [model.decoder[-1].weight.detach().numpy()[:, 0] for model in (
        load_model(halves[0] / "k1.pt"), load_model(halves[1] / "k1.pt")
    )]  # fmt: skip
    assert table["correlation"][1] == pytest.approx(abs(np.corrcoef(*last)[0, 1]), abs=1e-6)
    found = {name_of(metric): metric.value for metric in read_metrics([halves[0] / "pairs.json"])}
    between = table.loc[table["across"] == "halves", "correlation"]
    assert found["halves/k1/pattern_1_correlation_across_halves"] == pytest.approx(between.mean())
    assert found["halves/k1/pattern_correlation_across_halves_min"] == pytest.approx(between.min())


def test_bad_halves_are_refused(recording, halves, tmp_path):
    samples = ["--samples", recording.path("samples.parquet"), "--system", "halves"]
    output = ["--seed", SEED, "--output", tmp_path / "out"]
    assert_one_line(in_here("data/subset", *samples, "--point", "half~3", *output), "half = 3", "1 to 2")
    new = {"table": tmp_path / "table", "output": tmp_path / "out"}
    result = in_here("compare/halves", *compare_halves(halves, **new, points=["half~2"] * 3))
    assert_one_line(result, "half~2")
    assert list(tmp_path.iterdir()) == []


# -- the surrogate ---------------------------------------------------------------------------------
def compare_surrogate(folder, **changes) -> list:
    right = {
        "system": "surrogate", "point": f"N~{SITES}", "samples": folder / "samples.parquet",
        "names": ["k1", "k2"], "models": [folder / "k1.pt", folder / "k2.pt"], "n_test": 100,
        "seed": SEED, "output": folder / "out.json",
    }  # fmt: skip
    words: list = []
    for key, value in (right | changes).items():
        words += [f"--{key.replace('_', '-')}", *(value if isinstance(value, list) else [value])]
    return words


@pytest.fixture(scope="module")
def decoded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("surrogate")
    succeed(
        "data/surrogate", "--system", "surrogate", "--point", f"N~{SITES}", "--n-samples", 3000,
        "--seed", SEED, "--output", folder / "samples.parquet",
    )  # fmt: skip
    for k in (1, 2):
        train(folder, "surrogate", f"k{k}", "--latent-dim", 2, "--field-rank", k)
    train(folder, "surrogate", "free", "--latent-dim", 2)
    succeed("compare/surrogate", *compare_surrogate(folder))
    return folder


def test_words_of_the_surrogate_are_of_its_law(decoded):
    samples = read_samples(decoded / "samples.parquet", "surrogate", f"N~{SITES}")
    assert (samples.columns["split"] == "test").sum() == 300
    truth = surrogate(SITES, SEED)
    rates = np.exp(truth.log_weight) @ (1 + np.tanh(truth.fields)) / 2
    found = (samples.configurations > 0).mean(0)
    error = np.sqrt(rates * (1 - rates) / 3000)
    assert (np.abs(found - rates) < FACTOR * error).all()


def test_the_truth_is_the_reference_of_everything(decoded):
    found = {
        name_of(metric).removeprefix(f"surrogate/N={SITES}/"): metric
        for metric in read_metrics([decoded / "out.json"])
    }
    test = read_samples(decoded / "samples.parquet").split("test")[:100]
    entropy = -surrogate(SITES, SEED).log_prob(test).mean()
    for name in ("k1", "k2"):
        held_out = found[f"{name}/held_out_nats"]
        assert held_out.reference == pytest.approx(entropy)
        assert found[f"{name}/kl"].value == pytest.approx(held_out.value - entropy)
    assert 0 <= found["k2/pattern_overlap_2"].value <= 1
    assert 0 <= found["k2/largest_principal_angle"].value <= np.pi / 2
    assert found["k2/bias_error"].value > 0
    assert "k1/pattern_overlap_1" not in found  # it has fewer patterns than the truth
    assert found["collective_variables"].value in (1, 2)
    assert found["collective_variables"].reference == 2


def test_bad_surrogates_are_refused(decoded, recording, tmp_path):
    out = {"output": tmp_path / "out"}
    free = {"names": ["free"], "models": [decoded / "free.pt"]}
    result = in_here("compare/surrogate", *compare_surrogate(decoded, **out, **free))
    assert_one_line(result, "field_rank = 0", "free")
    other = {"samples": recording.path("samples.parquet")}
    result = in_here("compare/surrogate", *compare_surrogate(decoded, **out, **other))
    assert_one_line(result, "'retina'")
    about = ["--system", "surrogate", "--point", "N~1", "--n-samples", 10, "--seed", 1]
    assert_one_line(in_here("data/surrogate", *about, "--output", tmp_path / "out"), "n_sites = 1")
    assert list(tmp_path.iterdir()) == []
