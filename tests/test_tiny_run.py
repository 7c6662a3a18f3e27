"""The whole pipeline once, tiny: all that is configured is made, and then nothing is left to do."""

from __future__ import annotations

from mfvae.workflow.files.atomic import read_csv
from mfvae.workflow.metrics import read_metrics
from tests.helpers.checkout import Checkout, planned_rules
from tests.helpers.metrics import metric_of


def test_every_configured_figure_is_drawn_beside_its_table(finished: Checkout) -> None:
    figures = finished.configured_figures()
    assert sum(map(len, figures.values())) > 30
    for source, kinds in figures.items():
        for kind in kinds:
            for suffix in (".pdf", ".png", ".csv"):
                assert (finished.results / "figures" / source / f"{kind}{suffix}").stat().st_size > 0


def test_metrics_of_every_stage_are_collected(finished: Checkout) -> None:
    labels = {metric.label for metric in read_metrics([finished.results / "metrics.json"])}
    wanted = {
        "curie_weiss/N=16/beta=0.8/bipartite_mi_half",
        "curie_weiss/N=16/beta=0.8/elbo/gain_over_independent",
        "curie_weiss/N=18/beta=0.8/information_growth",
        "hopfield/N=20/p=2/beta=1.2/bipartite_mi_balanced",
        "hopfield/N=20/p=2/beta=1.2/elbo/pattern_overlap_min",
        "maier_saupe/N=8/beta=4.0/exact_channel_rate",
        "maier_saupe/N=8/beta=4.0/elbo/collective_variables",
        "ising_2d/L=4/T=2.0/d1/faithful",
        "ising_2d/L=4/T=4.0/d4/energy",
        "ising_2d/L=6/T=2.0/bipartite_mi_checkerboard",
        "retina/repeats=11/bipartite_mi_half_lower_bound",
        "retina/repeats=11/elbo/model_bipartite_mi",
        "retina/repeats=11/exact/kl_lower_limit",
        "retina/repeats=11/exact/unknown_law_verdict",
        "retina/repeats=11/pairwise/negative_log_likelihood",
        "retina/repeats=11/hamiltonian/energy_minus_exact_draws",
        "retina/repeats=11/hopfield_k2/correlation_of_triplets",
        "retina_groups/neurons=5/exact/mean_nats_above_pairwise",
        "retina_halves/hopfield_k2/pattern_correlation_across_halves_min",
        "surrogate/N=10/collective_variables",
        "clusters/k=2/d=2/rand_energy",
        "hopfield/N=20/p=2/beta=1.2/replica/latent_raw",
    }
    assert {metric_of(name, 0.0, "exact").label for name in wanted} <= labels


def test_the_table_of_metrics_has_a_row_for_each_and_what_models_are(finished: Checkout) -> None:
    table = read_csv(finished.results / "metrics.csv", ("dataset", "model", "objective", "quantity"))
    assert len(table) == len(read_metrics([finished.results / "metrics.json"]))
    trained = table[(table["dataset"] == "ising_2d") & (table["model"] == "d4")]
    assert set(trained["objective"]) == {"elbo"}
    assert set(trained["latent_dim"]) == {4}
    assert set(table.loc[table["dataset"] == "ising_2d", "L"]) == {4, 6}


def test_the_atlas_has_a_line_for_the_recording_and_its_verdict_in_words(finished: Checkout) -> None:
    table = read_csv(finished.results / "atlas.csv", ("dataset", "quantity", "model", "value", "text"))
    said = table.loc[table["quantity"] == "verdict", "text"].tolist()
    assert len(said) == 1
    assert said[0].split(":")[0].split(" ")[0] in ("Not", "No", "Undecided")
    shares = table.loc[table["quantity"] == "share", "value"]
    assert shares.max() == 1  # of the best law
    assert said[0] in (finished.results / "atlas.md").read_text()


def test_no_trained_model_violates_the_capacity_bound(finished: Checkout) -> None:
    """ELBO gap ≥ I(A;B) − R within four standard errors, for the recording's model on its own draws."""
    metrics = read_metrics([finished.results / "metrics.json"])
    slacks = [metric for metric in metrics if metric.quantity in ("bound_slack", "model_bound_slack")]
    collected = read_csv(finished.results / "capacity.csv", ("dataset", "model"))
    bounded = sorted((slack.dataset, slack.model) for slack in slacks)
    assert bounded == sorted(zip(collected["dataset"], collected["model"], strict=True))
    for slack in slacks:
        assert slack.value >= -4 * slack.stderr, slack.label


def test_second_run_has_nothing_to_do(finished: Checkout) -> None:
    assert planned_rules(finished.snakemake("--dry-run").stdout) == {}
