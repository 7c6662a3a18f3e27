"""Every figure of the library: what it is of, needs and shows, its caption, and which module draws it.

No change here but in an entry itself reruns a job (see ``source_digest``).
"""

from __future__ import annotations

from mfvae.figures.kind import FigureKind

INFORMATION = ("bipartite_mi_half", "bipartite_mi_checkerboard", "exact_channel_rate")
COUPLINGS = ("coupling_from_mean", "coupling_from_spread", "coupling_from_potential")

BUILT_IN: dict[str, FigureKind] = {
    "atlas": FigureKind(
        "mfvae.figures.across.atlas:draw",
        of="several",
        needs=("atlas",),
        caption=(
            "Data sets beside each other. (a) What d latents gain over independent sites, as a share of "
            "what the best law known gains. (b) Nats that are certainly missing of the model with the "
            "most latents, at 99 % confidence; a model that lacks more than 0.1 nat (line) is not "
            "faithful. (c) The rate R of its latents and what two parts of the sites share at least. "
            "Symbols and colours are verdicts."
        ),
    ),
    "bound": FigureKind(
        "mfvae.figures.across.bound:draw",
        of="several",
        needs=("information", "capacity"),
        quantities=("elbo_gap", "capacity_deficit"),
        caption=(
            "The capacity bound on every trained model: the gap −ELBO − H(x) can be no smaller than "
            "I(A;B) − R for any split of the sites in two. The shaded region is forbidden. (b) shows "
            "the models whose channel has capacity to spare. All in nats."
        ),
    ),
    "box_spectrum": FigureKind(
        "mfvae.figures.studies.box_spectrum:draw",
        of="several",
        needs=("box_spectra",),
        caption=(
            "Above: functions ψ of a particle in a box, to which a perceptron takes the latents, a "
            "colour for every cluster. Below: a t-SNE of the latents coloured by the energies that "
            "training converges to."
        ),
    ),
    "capacity": FigureKind(
        "mfvae.figures.mean_field.capacity:draw",
        of="system",
        needs=("information", "capacity"),
        quantities=("kl_per_site", "rate", *INFORMATION),
        caption=(
            "Above: KL(p_data‖p_θ) per site against the inverse temperature. Below: the rate R of the "
            "trained encoder, the rate of the exact latent description and the information I(A;B) "
            "between two halves of the sites, in nats. A faithful model needs R ≥ I(A;B)."
        ),
    ),
    "capacity_by_dimension": FigureKind(
        "mfvae.figures.ising.by_latent_dim:draw",
        of="system",
        needs=("information", "capacity", "curves"),
        quantities=("kl_per_site", "rate", *INFORMATION),
        transitions=True,
        caption=(
            "What latent dimension d buys: above KL(p_data‖p_θ) per site, below the rate R beside "
            "I(A;B) of halves and of the two sublattices, in nats, against temperature. The vertical "
            "line is the critical temperature; the thin curve is what a model that knows the phase "
            "alone leaves out as L → ∞."
        ),
    ),
    "correlation_matrices": FigureKind(
        "mfvae.figures.recording.correlation_matrices:draw",
        of="recording",
        needs=("population",),
        quantities=("correlation",),
        caption=(
            "Matrices of pairwise correlations: below the diagonal the recording's, above it those of a "
            "model's draws. The order of the {words.sites} is that of a tree of the data's rows (Ward), "
            "the same everywhere; grey has no correlation."
        ),
    ),
    "count_law": FigureKind(
        "mfvae.figures.recording.count_law:draw",
        of="recording",
        needs=("population",),
        quantities=("count_probability",),
        caption=(
            "P(K), how often there are K {words.actives} in {words.a_row}, of the recording (points) "
            "and of models fitted to it (lines); below, ratios to the data. Errors come from whole "
            "{words.groups}."
        ),
    ),
    "coupling": FigureKind(
        "mfvae.figures.mean_field.coupling:draw",
        of="mean field",
        needs=("comparison",),
        quantities=COUPLINGS,
        caption=(
            "βJ read off the decoder without knowing the model: the slope of E[φ|x] against the order "
            "parameter (a), N times the posterior variance of φ (b) and the potential of φ (c). The "
            "line is the truth; below, the relative error."
        ),
    ),
    "covariance_spectrum": FigureKind(
        "mfvae.figures.recording.covariance_spectrum:draw",
        of="recording",
        needs=("population",),
        quantities=("covariance_eigenvalue",),
        caption=(
            "Eigenvalues of the covariance of {words.actives} against their rank, of the recording and "
            "of models, and the ratios of the leading ones."
        ),
    ),
    "crossing": FigureKind(
        "mfvae.figures.across.crossing:draw",
        of="several",
        needs=("information", "capacity", "curves"),
        quantities=("rate", *INFORMATION),
        transitions=True,
        joins=("mean field", "no mean field"),
        caption=(
            "I(A;B) and the trained rates R against temperature, of a mean-field system and of a "
            "lattice. Shaded is where the data need more information than the widest latent channel "
            "carries."
        ),
    ),
    "degeneracy": FigureKind(
        "mfvae.figures.studies.degeneracy:draw",
        of="several",
        needs=("degeneracy",),
        caption=(
            "Replicas of VAEs on clusters. Above: mean similarity of pairs of replicas, of raw and "
            "aligned latents, of energies and of decoded means; 1 is agreement. Below: how well "
            "energies, ψ and k-means find the clusters (adjusted Rand index), beside an untrained "
            "perceptron and shuffled labels. Bars are one standard error over replicas."
        ),
    ),
    "field": FigureKind(
        "mfvae.figures.mean_field.field:draw",
        of="field",
        needs=("comparison",),
        quantities=("field_from_mean",),
        caption=("The external field read off the decoder, in units of k_B T; the line is the truth."),
    ),
    "gap": FigureKind(
        "mfvae.figures.mean_field.gap:draw",
        of="mean field",
        needs=("capacity", "comparison"),
        quantities=("variational_gap", "kl", "coupling_from_mean", "coupling_from_spread"),
        caption=(
            "The variational gap KL(q‖posterior), the divergence KL(p_data‖p_θ) and the errors of βJ "
            "for every objective, against the inverse temperature. What is below its standard error is "
            "an open symbol at that error."
        ),
    ),
    "group_comparison": FigureKind(
        "mfvae.figures.recording.group_comparison:draw",
        of="recording",
        needs=("groups",),
        caption=(
            "Held-out nats per {words.row} relative to the pairwise maximum-entropy model in random "
            "groups of {words.sites}, on the same words: below zero is better. Below, means over "
            "groups with "
            "their standard errors."
        ),
    ),
    "heat_capacity": FigureKind(
        "mfvae.figures.recording.heat_capacity:draw",
        of="recording",
        needs=("heat_capacity",),
        caption=(
            "Heat capacity per {words.site} of p_T(x) ∝ p(x)^(1/T); the recorded population is at "
            "T = 1. A triangle marks each model's peak."
        ),
    ),
    "latent_dimension": FigureKind(
        "mfvae.figures.recording.latent_dimension:draw",
        of="recording",
        needs=("dimension",),
        caption=(
            "Held-out nats per {words.row}, the rate R and the model's own I(A;B) of halves against "
            "the number of latent variables. Every replica is a point; lines join the means."
        ),
    ),
    "latent_plane": FigureKind(
        "mfvae.figures.recording.latent_plane:draw",
        of="recording",
        needs=("latent_plane",),
        caption=(
            "Posterior means of held-out words in the plane of two latent variables, in standard "
            "deviations of the prior, coloured by the number of {words.actives}."
        ),
    ),
    "latent_raster": FigureKind(
        "mfvae.figures.recording.latent_raster:draw",
        of="recording",
        needs=("latent_raster",),
        caption=(
            "The {words.actives} of the population in {words.one_group} and, beneath, the latent "
            "variables inferred from them: mean and standard deviation over {words.groups} (line and "
            "band), and the {words.group} that is shown (thin)."
        ),
    ),
    "ledger": FigureKind(
        "mfvae.figures.mean_field.ledger:draw",
        of="mean field",
        needs=("ledgers",),
        caption=(
            "The free-energy ledger through a training, in nats per configuration: F_q and F_p above "
            "the entropy H and their difference, the variational gap; rate and distortion; entropy and "
            "energy. Shaded is where the encoder is trained alone. Dotted lines are exact values."
        ),
    ),
    "missing_couplings": FigureKind(
        "mfvae.figures.recording.missing_couplings:draw",
        of="recording",
        needs=("lacking",),
        caption=(
            "What the model with the most latents lacks: couplings between pairs of the {words.sites} "
            "that it fits worst, clustered (Ward), those found at a rate of false discoveries of 5 % "
            "below the diagonal; and the function of the number of {words.actives} by which "
            "{words.row}s differ from its draws, in nats."
        ),
    ),
    "model_comparison": FigureKind(
        "mfvae.figures.recording.model_comparison:draw",
        of="recording",
        needs=("models",),
        caption=(
            "Models of the recording by their held-out likelihood, and what they reproduce of it: "
            "{words.no_actives}, the law of the number of {words.actives}, pairwise correlations. "
            "Vertical lines are perfect models."
        ),
    ),
    "observables": FigureKind(
        "mfvae.figures.mean_field.observables:draw",
        of="system",
        needs=("facts", "statistics", "curves"),
        transitions=True,
        caption=(
            "Observables of the data, of the trained models' own draws and their exact values (curves) "
            "against temperature, size by size. Vertical lines are transitions."
        ),
    ),
    "order_parameter_law": FigureKind(
        "mfvae.figures.mean_field.order_parameter_law:draw",
        of="order parameter law",
        needs=("laws",),
        caption=("P(m) of the order parameter: exact (line), of the data and of the model's own draws."),
    ),
    "overlaps": FigureKind(
        "mfvae.figures.mean_field.overlaps:draw",
        of="mean field",
        needs=("overlaps",),
        caption=(
            "Overlap of every stored pattern with the one decoded; perfect recovery is the line at 1."
        ),
    ),
    "pair_correlations": FigureKind(
        "mfvae.figures.recording.pair_correlations:draw",
        of="recording",
        needs=("population",),
        quantities=("correlation",),
        caption=(
            "Pairwise correlations of the models' draws against the recording's, pairs per cell. The "
            "line is the identity; the cross shows the root mean square errors of both."
        ),
    ),
    "patterns": FigureKind(
        "mfvae.figures.mean_field.patterns:draw",
        of="mean field",
        needs=("patterns",),
        caption=(
            "Stored patterns, those decoded, and the signs in which they differ, sites along the axis."
        ),
    ),
    "potential_surface": FigureKind(
        "mfvae.figures.recording.potential_surface:draw",
        of="recording",
        needs=("surface",),
        caption=(
            "The landscape N·U(m) of the generalized Hopfield model read off a decoder, in nats, with "
            "the recorded words and the attractors that they fall into, which bear their shares."
        ),
    ),
    "price_of_theory": FigureKind(
        "mfvae.figures.recording.price_of_theory:draw",
        of="recording",
        needs=("price",),
        caption=(
            "Held-out nats per {words.row} against the number K of patterns of a decoder of fields "
            "b + ξ·φ(z). "
            "Its distance to the free decoder (horizontal) is the price of the theory."
        ),
    ),
    "recovery": FigureKind(
        "mfvae.figures.studies.recovery:draw",
        of="several",
        needs=("recovery",),
        caption=(
            "Squared overlap with the true pattern against the number of samples per site: a VAE, "
            "principal components and their exact limit. The vertical line is the threshold of Baik, "
            "Ben Arous and Péché."
        ),
    ),
    "replicas": FigureKind(
        "mfvae.figures.studies.replicas:draw",
        of="several",
        needs=("replicas",),
        caption=(
            "How far replicas of one model are from each other, 1 − similarity of pairs: latents "
            "(open), what no change of latents alters (filled), and rows in random order (ticks)."
        ),
    ),
    "scaling": FigureKind(
        "mfvae.figures.across.scaling:draw",
        of="several",
        needs=("scaling",),
        quantities=(*INFORMATION, "information_growth"),
        joins=("mean field", "no mean field"),
        caption=(
            "I(A;B) and the rate of the exact channel against size. Grey lines have the predicted "
            "slope: a coefficient of ln N for mean-field systems, powers of the linear size L for "
            "lattices in the plane."
        ),
    ),
    "singular_spectrum": FigureKind(
        "mfvae.figures.mean_field.singular_spectrum:draw",
        of="mean field",
        needs=("spectra",),
        caption=(
            "Singular values of the decoder's fields on draws from the prior. Those before the drop "
            "(dashed) are the collective variables."
        ),
    ),
    "stored_patterns": FigureKind(
        "mfvae.figures.recording.stored_patterns:draw",
        of="recording",
        needs=("stored_patterns",),
        caption=(
            "Real-valued patterns decoded from the recording, clustered by a tree of the {words.sites} "
            "(Ward), and the mean field of every {words.site}, in nats."
        ),
    ),
    "thermodynamics": FigureKind(
        "mfvae.figures.mean_field.thermodynamics:draw",
        of="mean field",
        needs=("free_energies", "exact_free_energy"),
        quantities=(
            "ledger_helmholtz",
            "ledger_energy",
            "ledger_entropy",
            "posterior_energy",
            "posterior_entropy",
        ),
        caption=(
            "Free energy, energy and entropy of the latent description, exact (lines) and of trained "
            "models: under the decoder's own posterior (full symbols) and the encoder's Gaussian "
            "(open)."
        ),
    ),
    "training_curve": FigureKind(
        "mfvae.figures.ising.training_curve:draw",
        of="system",
        needs=("training",),
        caption=(
            "The gap (−ELBO − H(x))/N against the training step. Dotted is the floor (I(A;B) − R)/N "
            "below which no training can come."
        ),
    ),
    "triplets": FigureKind(
        "mfvae.figures.recording.triplets:draw",
        of="recording",
        needs=("population",),
        quantities=("triplet_covariance",),
        caption=(
            "Covariances ⟨δs_i δs_j δs_k⟩ of triplets of {words.sites}, of the models' draws against "
            "the recording's."
        ),
    ),
    "wells": FigureKind(
        "mfvae.figures.studies.wells:draw",
        of="several",
        needs=("well_spectra",),
        caption=(
            "Wells of the latent spaces of VAEs on clusters, from the spectrum of their decoders' "
            "Fisher metric. Above: energies of every replica; a line is behind as many states as there "
            "are clusters, and what lies below the axis is on its lower end. Middle: the first two "
            "excited states ψ of one replica, a colour for every cluster. Below: a t-SNE of its decoded "
            "points, coloured by ψ₁."
        ),
    ),
    "zipf": FigureKind(
        "mfvae.figures.recording.zipf:draw",
        of="recording",
        needs=("population",),
        quantities=("word_frequency",),
        caption=(
            "Frequency of words against their rank, of the recording (points) and of models (lines)."
        ),
    ),
}
