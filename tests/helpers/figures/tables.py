"""A small table for every kind of figure, as the pipeline would make it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import binom

from tests.helpers.figures.degeneracy_tables import DEGENERACY_TABLES
from tests.helpers.figures.models import configured
from tests.helpers.figures.recording_tables import RECORDING_TABLES

BETAS = (0.5, 1.0, 1.2, 1.5)


def order_parameter_law() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    tables = []
    for n_sites, beta in ((64, 0.5), (256, 1.0)):
        m = np.arange(-n_sites, n_sites + 1, 2) / n_sites
        exact = binom.pmf(np.arange(n_sites + 1), n_sites, 0.5)
        for source in ("exact", "data", "model"):
            p = exact if source == "exact" else rng.multinomial(5000, exact) / 5000
            stderr = np.nan if source == "exact" else np.sqrt(p * (1 - p) / 5000)
            tables.append(
                pd.DataFrame(
                    {
                        "N": n_sites,
                        "beta": beta,
                        "m": m,
                        "source": source,
                        "probability": p,
                        "stderr": stderr,
                    }
                )
            )
    return pd.concat(tables)


def coupling() -> pd.DataFrame:
    rows = []
    for n_sites in (64, 256):
        for beta in BETAS:
            spread = beta * (1.03 if beta <= 1 else n_sites / 10)  # the bias of the ordered phase
            rows.append((n_sites, beta, "vae", "coupling_from_mean", 1.01 * beta, 0.005, beta))
            rows.append((n_sites, beta, "vae", "coupling_from_spread", spread, 0.01, beta))
            rows.append((n_sites, beta, "vae", "coupling_from_potential", 0.99 * beta, 0.01, beta))
            rows.append((n_sites, beta, "vae", "rate", 99.0, 0.01, np.nan))
    columns = ["N", "beta", "model", "quantity", "value", "stderr", "reference"]
    return pd.DataFrame(rows, columns=columns)


def capacity(
    sizes: tuple[int, ...] = (64, 256), models: tuple[str, ...] = ("exact", "elbo")
) -> pd.DataFrame:
    rows = []
    for n_sites in sizes:
        for beta in BETAS:
            exact = beta * np.log(n_sites) / 4
            for i, model in enumerate(models):
                for quantity, value, stderr in (
                    ("kl_per_site", 1e-4 * (i + 1), 2e-5),
                    ("rate", 1.05 * exact, 0.01),
                    ("exact_channel_rate", exact, 0.0),
                    ("bipartite_mi_half", exact / 2, 0.0),
                    ("elbo_gap", 77.0, 0.1),
                ):
                    rows.append((n_sites, beta, model, quantity, value, stderr))
    return pd.DataFrame(rows, columns=["N", "beta", "model", "quantity", "value", "stderr"])


def singular_spectrum() -> pd.DataFrame:
    index = np.arange(1, 21)
    value = np.where(index <= 3, 0.5, 1e-3 * np.exp(-index / 6))
    tables = [
        pd.DataFrame(
            {"beta": b, "model": "vae", "index": index, "singular_value": b * value, "count": 3}
        )
        for b in BETAS
    ]
    return pd.concat(tables)


def patterns(wrong: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    site, pattern = (a.ravel() for a in np.meshgrid(np.arange(60), [1, 2, 3]))
    tables = []
    for beta in (0.5, 1.1, 1.5):
        truth = rng.choice([-1, 1], len(site))
        flipped = rng.permutation(len(site)) < (wrong if beta == 1.1 else 30)
        decoded = np.where(flipped, -truth, truth)
        tables.append(
            pd.DataFrame(
                {
                    "beta": beta,
                    "model": "vae",
                    "site": site,
                    "pattern": pattern,
                    "truth": truth,
                    "decoded": decoded,
                }
            )
        )
    return pd.concat(tables)


def overlaps() -> pd.DataFrame:
    rows = [(b, "vae", k, 1 - 0.02 * k * (b < 1)) for b in BETAS for k in (1, 2, 3)]
    return pd.DataFrame(rows, columns=["beta", "model", "pattern", "pattern_overlap"])


def field() -> pd.DataFrame:
    rows = []
    for h in (0.02, 0.05):
        for beta in BETAS:
            rows.append((100, h, beta, "exact", "field_from_mean", h + 0.001 * beta, 0.002, h))
            rows.append((100, h, beta, "exact", "coupling_from_mean", beta, 0.01, beta))
    columns = ["N", "h", "beta", "model", "quantity", "value", "stderr", "reference"]
    return pd.DataFrame(rows, columns=columns)


GAPS = {"exact": 0.3, "elbo": 0.5, "iwae": 0.4}  # variational gap of each objective


def gap() -> pd.DataFrame:
    """At N = 256 all objectives; at N = 64 and 1024 one, there trained in another way."""
    rows = []
    for n_sites, models in {64: ["exact"], 256: list(GAPS), 1024: ["exact_large"]}.items():
        for beta in BETAS:
            for model in models:
                size = GAPS[model.removesuffix("_large")]
                drowned = 0.001 if model.startswith("exact") else 0.5 * size
                for quantity, value, stderr, reference in (
                    ("variational_gap", size * beta, 0.02, np.nan),
                    ("kl", -0.001 if model.startswith("exact") else drowned, 0.003, 0.0),
                    ("coupling_from_mean", beta * (1 - 0.1 * drowned), 0.002 * beta, beta),
                    ("coupling_from_spread", beta * (1 + drowned), 0.002 * beta, beta),
                    ("rate", 99.0, 0.01, np.nan),
                ):
                    rows.append((n_sites, beta, model, quantity, value, stderr, reference))
    columns = ["N", "beta", "model", "quantity", "value", "stderr", "reference"]
    return pd.DataFrame(rows, columns=columns)


def ledger() -> pd.DataFrame:
    """Two models; the second has steps after its decoder has been trained."""
    steps = np.array([0, 1, 3, 10, 30, 100, 300, 600])
    rows = []
    for model, decoder_steps, left in (("elbo", 600, 0.5), ("exact", 500, 0.2)):
        about = {"dataset": "curie_weiss", "N": 256, "beta": 1.5, "model": model}
        about |= {"decoder_steps": decoder_steps}
        fit, gap = 100 * np.exp(-steps / 3), left + 4 * np.exp(-steps / 20)
        rate, entropy = 1.2 - np.exp(-steps / 10), 0.2 + np.exp(-steps / 10)
        known = {
            "helmholtz": (fit, np.nan),
            "gap": (gap, 0.05),
            "variational": (fit + gap, np.nan),
            "rate": (rate, 0.01),
            "entropy": (entropy, 0.01),
            "distortion": (fit + gap - rate, np.nan),
            "energy": (fit + gap + entropy, np.nan),
        }
        for quantity, (values, stderr) in known.items():
            for step, value in zip(steps, values, strict=True):
                row = {"step": step, "quantity": quantity, "value": value, "stderr": stderr}
                rows.append(about | row)
        for quantity, value in (("rate", 0.95), ("entropy", 0.47)):
            rows.append(about | {"quantity": quantity, "value": value, "source": "exact"})
    return pd.DataFrame(rows)


def thermodynamics() -> pd.DataFrame:
    """Exact curves of two sizes, trained models at both, of which the larger was trained otherwise."""
    rows = []
    for size, model in ((64, "exact"), (1024, "exact_large")):
        for beta in np.linspace(0.5, 1.5, 21):
            free_energy, entropy = size * (0.7 - 0.2 * beta), 1.4 - 0.5 * beta
            known = {
                "ledger_helmholtz": free_energy,
                "posterior_energy": free_energy + entropy,
                "posterior_entropy": entropy,
            }
            point = {"dataset": "curie_weiss", "N": size, "beta": beta}
            for quantity, value in known.items():
                rows.append(metric(quantity, value, **point, source="exact"))
            if beta in (0.5, 1.0, 1.5):
                trained = known | {
                    "ledger_energy": free_energy + entropy + 0.5,
                    "ledger_entropy": entropy - 0.1,
                }
                for quantity, value in trained.items():
                    rows.append(metric(quantity, value + 0.01, 0.02, **point, model=model))
                    rows.append(metric(quantity, -77.0, 0.02, **point, model="elbo"))
    return pd.DataFrame(rows)


def latent_plane() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    z = rng.standard_normal((500, 2))
    return pd.DataFrame({"z_1": z[:, 0], "z_2": z[:, 1], "spike_count": rng.poisson(np.exp(z[:, 0]))})


def stored_patterns(count: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    mean_field = -2 + 0.3 * rng.standard_normal(40)
    tables = [
        pd.DataFrame(
            {
                "site": np.arange(40),
                "pattern": k,
                "value": rng.normal(1 / k, 0.4, 40),
                "mean_field": mean_field,
            }
        )
        for k in range(1, count + 1)
    ]
    return pd.concat(tables)


# -- tables made of metrics and exact curves -----------------------------------------------------------
ROW = ["dataset", "N", "p", "beta", "L", "T", "model", "quantity", "value", "stderr", "source"]
CRITICAL = 2 / np.log(1 + np.sqrt(2))
TEMPERATURES = (1.8, 2.0, 2.2, 2.27, 2.4, 2.7, 3.2)
WIDTHS = (8, 16, 32)  # L of the Ising model
DIMENSIONS = {"d8": 2.6, "d2": 1.2, "d4": 2.0}  # rate per latent dimension: of each model, in nats


def metric(quantity: str, value: float, stderr: float = np.nan, **point: object) -> dict[str, object]:
    known = {"quantity": quantity, "value": value, "stderr": stderr, **point}
    return {name: known.get(name, np.nan) for name in (*ROW, *(set(known) - set(ROW)))}


def half_split(width: int, temperature: float) -> float:
    return 0.11 * width / (1 + 4 * abs(temperature - CRITICAL))


def checkerboard(width: int, temperature: float) -> float:
    return 0.12 * width**2 / (1 + 1.5 * abs(temperature - CRITICAL))


def observables() -> pd.DataFrame:
    """Ising: two quantities with exact curves, one without."""
    rows = []
    dense = np.linspace(1.6, 3.4, 60)
    for width in WIDTHS:
        ising = {"dataset": "ising_2d", "L": width}
        for quantity, law in (
            ("energy", lambda t, w: -1.4 + np.tanh((t - CRITICAL) * (1 + w / 16)) / 2),
            ("specific_heat", lambda t, w: 0.4 * np.log(w) / (1 + w * (t - CRITICAL) ** 2)),
            ("mean_abs_magnetisation", lambda t, w: 0.5 - np.tanh((t - CRITICAL) * w / 6) / 2),
        ):
            for t in TEMPERATURES:
                point = ising | {"T": t}
                rows.append(metric(quantity, law(t, width), 0.01, **point))
                for i, model in enumerate(DIMENSIONS):
                    rows.append(metric(quantity, law(t, width) + 0.1 * i, 0.02, model=model, **point))
            for t in dense if quantity != "mean_abs_magnetisation" else ():
                rows.append(metric(quantity, law(t, width), **ising, T=t, source="exact"))
    rows += [
        metric("energy", -1.4 + np.tanh(4 * (t - CRITICAL)) / 2, dataset="ising_2d", T=t, source="limit")
        for t in dense
    ]
    rows.append(metric("critical_temperature", CRITICAL, dataset="ising_2d"))
    return pd.DataFrame(rows)


def capacity_by_dimension() -> pd.DataFrame:
    rows = [metric("critical_temperature", CRITICAL, dataset="ising_2d")]
    for width in WIDTHS:
        for t in TEMPERATURES:
            point = {"dataset": "ising_2d", "L": width, "T": t}
            rows.append(metric("bipartite_mi_half", half_split(width, t), 0.02, **point))
            rows.append(metric("bipartite_mi_checkerboard", checkerboard(width, t), 0.05, **point))
            for model, rate in DIMENSIONS.items():
                kl = 0.05 / rate / (1 + 5 * abs(t - CRITICAL))
                rows.append(metric("kl_per_site", kl, 0.001, model=model, **point))
                rows.append(
                    metric("rate", 2 * rate / (1 + abs(t - CRITICAL)), 0.02, model=model, **point)
                )
                rows.append(metric("elbo_gap", 999.0, 1.0, model=model, **point))
    return pd.DataFrame(rows)


def training_curve() -> pd.DataFrame:
    steps = np.unique(np.geomspace(1, 20000, 40).astype(int))
    tables = []
    for width in (16, 32):
        for i, (model, rate) in enumerate(sorted(DIMENSIONS.items())):
            floor = -0.01 if model == "d8" else 0.03 / rate
            tables.append(
                pd.DataFrame(
                    {
                        "dataset": "ising_2d",
                        "L": width,
                        "T": CRITICAL,
                        "model": model,
                        "step": steps,
                        "gap_per_site": 0.05 / (1 + i) + 0.6 / np.sqrt(steps),
                        "stderr": 0.002,
                        "floor_per_site": floor,
                    }
                )
            )
    return pd.concat(tables)


def atlas() -> pd.DataFrame:
    """Three data sets with a verdict each; of the last, with gaps, I(A;B) is not known."""
    rows = []
    for name, verdict, missing, shares in (
        ("nltcs", 1, 0.0, (0.97, 1.0)),
        ("accidents", -1, 3.5, (0.6, 0.89)),
        ("senate", 0, 0.0, (0.9, 0.95)),
    ):
        for model, d, share in zip(("exact", "exact_d3"), (1, 3), shares, strict=True):
            about = {"dataset": name, "model": model, "latents": d}
            rows.append(metric("share", share, 0.01, **about))
            rows.append(metric("gain", 5 * share, 0.1, **about))
            rows.append(metric("unknown_law_verdict", verdict, np.nan, **about))
            rows.append(metric("kl_lower_limit", missing, np.nan, **about))
            rows.append(metric("rate", 2.0 * d, 0.05, **about))
            if name != "senate":
                rows.append(metric("data_information_lower_bound", 1.3 * d, 0.1, **about))
        rows.append(metric("share", 1.0, 0.0, dataset=name, model="mixture"))
    return pd.DataFrame(rows)


def bound() -> pd.DataFrame:
    """Deficits and gaps that respect the bound: spare capacity at mean field, lack of it at Ising."""
    rng = np.random.default_rng(5)
    rows = []
    mean_field = {"curie_weiss": np.nan, "hopfield": 3, "maier_saupe": np.nan}
    for dataset, p in mean_field.items():
        for size in (64, 256):
            for beta in BETAS:
                point = {"dataset": dataset, "N": size, "p": p, "beta": beta, "model": "vae"}
                spread = 6 if dataset == "maier_saupe" else 2
                rows.append(metric("elbo_gap", 0.6 * rng.random() ** 3, 0.01, **point))
                rows.append(metric("capacity_deficit", -spread * beta * rng.random(), 0.02, **point))
    for width in WIDTHS:
        for t in TEMPERATURES:
            for model, rate in DIMENSIONS.items():
                point = {"dataset": "ising_2d", "L": width, "T": t, "model": model}
                deficit = checkerboard(width, t) - rate
                gap = max(deficit, 0.2) * (1.05 + rng.random())
                rows.append(metric("elbo_gap", gap, 0.02 * gap, **point))
                rows.append(metric("capacity_deficit", deficit, 0.05, **point))
    rows.append(metric("rate", 9999.0, 1.0, dataset="hopfield", N=64, p=3, beta=1.0, model="vae"))
    return pd.DataFrame(rows)


def crossing() -> pd.DataFrame:
    rows = [metric("transition_beta", 1.0, dataset="curie_weiss")]
    for size in (64, 256):
        for beta in (0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 1.5):
            point = {"dataset": "curie_weiss", "N": size, "beta": beta}
            information = 0.7 / (1 + np.exp(-8 * (beta - 1)))
            rows.append(metric("bipartite_mi_half", information, **point))
            rows.append(metric("exact_channel_rate", 2 * information + 0.2, **point))
            rows.append(metric("rate", 2.1 * information + 0.2, 0.02, model="elbo", **point))
    return pd.concat([capacity_by_dimension(), pd.DataFrame(rows)])


def scaling() -> pd.DataFrame:
    rows = []
    slopes = {
        ("curie_weiss", np.nan, 1.0): 0.25,
        ("hopfield", 3, 1.0): 0.75,
        ("maier_saupe", np.nan, 4.5): 1.25,
    }
    quiet = {("curie_weiss", np.nan, 0.8): np.nan, ("maier_saupe", np.nan, 4.0): np.nan}
    for (dataset, p, beta), slope in (slopes | quiet).items():
        for size in 2 ** np.arange(5, 12):
            point = {"dataset": dataset, "p": p, "beta": beta, "N": size}
            rows.append(metric("information_growth", np.nan_to_num(slope), **point))
            grown = np.nan_to_num(slope) * np.log(size) + 0.4 - 2 / size
            rows.append(metric("bipartite_mi_half", grown / 2 + np.nan_to_num(slope), **point))
            rows.append(metric("exact_channel_rate", grown, 0.01, **point))
    for width in (4, 8, 16, 32):
        for t in (2.0, CRITICAL):
            point = {"dataset": "ising_2d", "L": width, "T": t}
            rows.append(metric("bipartite_mi_half", half_split(width, t), 0.01, **point))
            rows.append(metric("bipartite_mi_checkerboard", checkerboard(width, t), 0.05, **point))
    rows.append(metric("rate", 777.0, dataset="hopfield", N=64, p=3, beta=1.0, model="vae"))
    return pd.DataFrame(rows)


def recovery() -> pd.DataFrame:
    rows = []
    for beta in (0.5, 0.7):
        point = {"N": 400, "beta": beta}
        for reading in ("real", "sign"):
            for count in (100, 400, 1600):
                overlap = count / (400 / beta + count)
                for method in ("vae", "pca"):
                    row = point | {"B": count, "reading": reading, "method": method, "stderr": 0.01}
                    row |= {"overlap_squared": overlap + 0.02 * (method == "vae"), "limit": overlap}
                    rows.append(row | {"difference": 0.02, "difference_stderr": 0.004})
            for count in np.geomspace(60, 2400, 50):
                row = point | {"B": count, "reading": reading, "method": "limit"}
                rows.append(row | {"overlap_squared": count / (400 / beta + count)})
    return pd.DataFrame(rows)


MADE: dict[str, Callable[[], pd.DataFrame]] = (
    {
        make.__name__: make
        for make in (
            atlas,
            bound,
            capacity,
            capacity_by_dimension,
            coupling,
            crossing,
            field,
            gap,
            latent_plane,
            ledger,
            observables,
            order_parameter_law,
            overlaps,
            patterns,
            recovery,
            scaling,
            singular_spectrum,
            stored_patterns,
            thermodynamics,
            training_curve,
        )
    }
    | RECORDING_TABLES
    | DEGENERACY_TABLES
)


def _configured(make: Callable[[], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    return lambda: configured(make())


TABLES = {kind: _configured(make) for kind, make in MADE.items()}
