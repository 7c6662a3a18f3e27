"""Tables of the recording's figures: 160 neurons, sparse spikes, models that nearly fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import poisson

WORDS = 283_041
OFF = {"independent": 1.0, "pairwise": 0.05, "exact_d3": 0.1, "hopfield_k3": 0.15}  # how far from data


def _entries(
    quantity: str, values: dict[str, np.ndarray], stderr: dict[str, np.ndarray], start: int = 0
):
    tables = [
        pd.DataFrame(
            {
                "model": model,
                "quantity": quantity,
                "index": start + np.arange(len(value)),
                "value": value,
                "stderr": stderr.get(model, np.nan),
            }
        )
        for model, value in values.items()
    ]
    return pd.concat(tables, ignore_index=True)


def count_law() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    count = np.arange(161)
    law = np.exp(-count / 6) + 0.2 * (count == 0)
    law /= law.sum()
    drawn = rng.multinomial(WORDS, law) / WORDS
    values = {"exact_d3": law * (1 + 0.02 * np.sin(count)), "data": drawn}
    values |= {"independent": poisson.pmf(count, 5.7), "pairwise": law * np.exp(0.004 * (count - 5))}
    return _entries(
        "count_probability", values, {"data": np.sqrt(drawn / WORDS), "pairwise": 0.01 * law}
    )


def _moments(quantity: str, truth: np.ndarray, noise: float) -> pd.DataFrame:
    """Data, and models that shrink it and scatter."""
    rng = np.random.default_rng(1)
    values = {"data": truth + noise * rng.standard_normal(len(truth))}
    for model, off in OFF.items():
        scatter = (noise + 0.2 * off * truth.std()) * rng.standard_normal(len(truth))
        values[model] = (1 - off) * truth + scatter
    errors = {model: np.full(len(truth), noise * (1 if model == "data" else 2)) for model in values}
    return _entries(quantity, values, errors)


def pair_correlations() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    table = _moments("correlation", rng.gamma(0.5, 0.07, 2000), 0.004)
    table.loc[5, "value"] = np.nan  # a silent neuron, in the data
    return table


def correlation_matrices() -> pd.DataFrame:
    """Of 40 sites in four groups that go together, mixed; the last is never on."""
    rng = np.random.default_rng(8)
    first, second = np.triu_indices(40, k=1)
    group = rng.permutation(np.arange(40) % 4)
    truth = 0.3 * (group[first] == group[second]) + 0.03 * rng.standard_normal(len(first))
    table = _moments("correlation", truth, 0.01)
    silent = table["index"].isin(np.flatnonzero(second == 39))
    table.loc[silent & (table["model"] == "data"), "value"] = np.nan
    return table


def triplets() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    truth = rng.choice([-0.2, 1], 3000) * rng.gamma(0.3, 4e-4, 3000)
    return _moments("triplet_covariance", truth, 2e-5)


def zipf() -> pd.DataFrame:
    rank = np.unique(np.geomspace(1, 50_000, 60).astype(int))
    tables = []
    for model, steep in {"data": 1.0, "independent": 0.6, "exact_d3": 0.97}.items():
        frequency = np.maximum(0.2 * rank**-steep * 0.1 ** (rank > 1), 1 / WORDS)
        rows = {"index": rank, "value": frequency, "stderr": np.sqrt(frequency / WORDS)}
        tables.append(pd.DataFrame({"model": model, "quantity": "word_frequency", **rows}))
    return pd.concat(tables, ignore_index=True)


def covariance_spectrum() -> pd.DataFrame:
    rank = np.arange(1, 161)
    data = 0.4 * rank**-0.6 * np.exp(-rank / 60)
    values = {"data": data, "independent": np.minimum(data, 0.12)}
    values["hopfield_k3"] = data * np.where(rank <= 3, 0.98, 0.93)
    return _entries("covariance_eigenvalue", values, {"data": 0.01 * data})


COMPARED = {  # nats per word, P(K = 0), total variation of P(K), r, slope, parameters
    "independent": (22.95, 0.003, 0.55, 0.02, 0.0, 160),
    "population_count": (19.9, 0.210, 0.001, 0.60, 0.35, 320),
    "pairwise": (17.02, 0.208, 0.012, 0.997, 0.99, 12_880),
    "mixture": (17.35, 0.209, 0.015, 0.985, 0.94, 16_159),
    "rbm": (16.71, 0.209, 0.010, 0.992, 0.98, 24_290),
    "elbo": (18.09, 0.190, 0.040, 0.93, 0.75, 60_320),
    "iwae": (17.40, 0.205, 0.020, 0.97, 0.90, 60_320),
    "exact_d3": (16.93, 0.210, 0.006, 0.99, 0.97, 60_320),
    "hopfield_k3": (17.31, 0.209, 0.008, 0.982, 0.95, 18_083),
}
QUANTITIES = (
    *("negative_log_likelihood", "p_silence", "p_k_total_variation"),
    *("correlation_of_correlations", "slope_of_correlations", "n_parameters"),
)


def model_comparison() -> pd.DataFrame:
    errors = (0.05, 0.0015, 0.002, 0.002, 0.006, np.nan)
    rows = [
        (model, quantity, value, error)
        for model, values in COMPARED.items()
        for quantity, value, error in zip(QUANTITIES, values, errors, strict=True)
    ]
    rows.append(("data", "p_silence", 0.2101, 0.0009))
    rows.append(("hamiltonian", "p_silence", 0.2085, 0.002))  # its likelihood is not known
    return pd.DataFrame(rows, columns=["model", "quantity", "value", "stderr"])


def latent_dimension() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = []
    for objective, gap, dimensions in (
        ("elbo", 0.9, (1, 2, 3, 5, 8)),
        ("iwae", 0.3, (1, 2, 3, 5, 8)),
        ("exact", 0, (1, 2, 3)),
    ):
        for d in dimensions:
            for replica in (1, 2, 3):
                shift = 0.04 * rng.standard_normal()
                for quantity, value, stderr in (
                    ("negative_log_likelihood", 16.5 + 2.5 / d + gap + shift, 0.05),
                    ("rate", 2.2 * d**0.6 - gap / 2 + shift, 0.01),
                    ("model_bipartite_mi", 1.3 * d**0.4 - gap / 4 + shift, np.nan),
                ):
                    rows.append((objective, d, replica, quantity, value, stderr))
    columns = ["objective", "latent_dim", "replica", "quantity", "value", "stderr"]
    return pd.DataFrame(rows, columns=columns)


def price_of_theory() -> pd.DataFrame:
    rows = []
    for d, free in ((1, 19.03), (2, 17.63), (3, 16.93)):
        for rank in (0, d, d + 1, d + 2, 2 * d + 2, 3 * d + 4):
            for replica in (-1, 1):
                price = 0.7 * d * np.exp(-(rank - d) / 3) if rank else 0.0
                value = free + price + 0.02 * replica
                rows.append((d, rank, "negative_log_likelihood", value, 0.03))
    return pd.DataFrame(rows, columns=["latent_dim", "field_rank", "quantity", "value", "stderr"])


def latent_raster() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    time = np.arange(100, 350)
    latents = np.stack([np.sin(time / 9) * np.cos(time / 31), np.cos(time / 17)])
    tables = []
    for index, value in enumerate(latents, 1):
        spread = 0.3 + 0.2 * rng.random(len(time))
        single = value + spread * rng.standard_normal(len(time))
        rows = {"index": index, "bin": time, "value": value, "spread": spread, "single": single}
        tables.append(pd.DataFrame({"quantity": "latent", **rows}))
    patterns = rng.standard_normal((160, 2))
    patterns = patterns[np.argsort(np.arctan2(patterns[:, 1], patterns[:, 0]))]
    fired = rng.random((160, len(time))) < 1 / (1 + np.exp(4.5 - 2 * patterns @ latents))
    neuron, at = np.nonzero(fired)
    tables.append(pd.DataFrame({"quantity": "spike", "neuron": neuron, "bin": time[at]}))
    return pd.concat(tables, ignore_index=True)


def missing_couplings() -> pd.DataFrame:
    """Of twenty sites, some coupled in pairs; and a count function."""
    rng = np.random.default_rng(9)
    first, second = np.triu_indices(20, k=1)
    coupled = (second == first + 1) & (first % 2 == 0)
    value = 0.4 * coupled + 0.05 * rng.standard_normal(len(first))
    about = {
        "site": first + 3,
        "other": second + 3,
        "value": value,
        "stderr": 0.05,
        "found": 1 * coupled,
    }
    count = np.arange(12)
    counts = {"index": count, "value": 0.1 * np.sin(count), "stderr": 0.02 * (1 + count)}
    return pd.concat(
        [
            pd.DataFrame({"quantity": "residual_coupling", **about}),
            pd.DataFrame({"quantity": "count_function", **counts}),
            pd.DataFrame({"quantity": "least_likely", "index": [7], "value": [-50.0], "found": [0.1]}),
        ],
        ignore_index=True,
    )


MINIMA = {(-0.4, -0.3): 0.62, (0.3, 0.1): 0.27, (-0.1, 0.5): 0.11}  # → share of words


def potential_surface(quantity: str = "free_energy") -> pd.DataFrame:
    rng = np.random.default_rng(6)
    axis = np.linspace(-1, 1, 60)
    m_1, m_2 = (a.ravel() for a in np.meshgrid(axis, axis))
    wells = [
        share * np.exp(-((m_1 - x) ** 2 + (m_2 - y) ** 2) / 0.03) for (x, y), share in MINIMA.items()
    ]
    heights = 5 * (m_1**2 + m_2**2) - 4 * np.sum(wells, axis=0) - np.log(np.sum(wells, axis=0) + 1e-4)
    grid = pd.DataFrame({"quantity": quantity, "m_1": m_1, "m_2": m_2, "value": heights})
    grid.loc[(m_1 > 0.9) & (m_2 > 0.9), "value"] = np.nan
    names, shares = np.array(list(MINIMA)), np.array(list(MINIMA.values()))
    at = {"m_1": names[:, 0], "m_2": names[:, 1]}
    attractors = pd.DataFrame({"quantity": "attractor", **at, "value": shares, "stderr": 0.004})
    centres = names[rng.choice(3, 800, p=shares)] + 0.11 * rng.standard_normal((800, 2))
    words = pd.DataFrame({"quantity": "word", "m_1": centres[:, 0], "m_2": centres[:, 1]})
    return pd.concat([grid, attractors, words], ignore_index=True)


def heat_capacity() -> pd.DataFrame:
    temperature = np.linspace(0.6, 2, 29)
    tables = []
    for model, peak, height in (
        ("independent", 0.75, 0.25),
        ("pairwise", 1.2, 0.55),
        ("hamiltonian", 1.1, 0.7),
    ):
        value = height * np.exp(-(np.log(temperature / peak) ** 2) / 0.1)
        rows = {"temperature": temperature, "value": value, "stderr": 0.01 + 0.02 * value}
        tables.append(pd.DataFrame({"model": model, **rows}))
    return pd.concat(tables, ignore_index=True)


def group_comparison() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    better = {"mixture": 0.25, "exact_d3": -0.08, "hopfield_k3": 0.1, "rbm": -0.2}
    rows = [
        (group, model, mean + 0.04 * rng.standard_normal(), 0.02)
        for model, mean in better.items()
        for group in range(1, 11)
    ]
    return pd.DataFrame(rows, columns=["group", "model", "value", "stderr"])


def _among_others(make: Callable[[], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    """The table with a row of another quantity, which the figure must ignore."""

    def table() -> pd.DataFrame:
        own = make()
        return pd.concat([own, own.iloc[[0]].assign(quantity="distinct_words", value=147_790.0)])

    return table


RECORDING_TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    make.__name__: make if make in (group_comparison, heat_capacity) else _among_others(make)
    for make in (
        correlation_matrices,
        count_law,
        covariance_spectrum,
        group_comparison,
        heat_capacity,
        latent_dimension,
        latent_raster,
        missing_couplings,
        model_comparison,
        pair_correlations,
        potential_surface,
        price_of_theory,
        triplets,
        zipf,
    )
}
