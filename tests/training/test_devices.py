"""Trainings, sums, draws and readings of a model that is not on the CPU: see ``OtherDevice``."""

import numpy as np
import pytest
import torch

import mfvae
from mfvae.capacity.bound import encoder_information, rate_and_distortion
from mfvae.capacity.ledger import ledger
from mfvae.compare.invariants import invariants
from mfvae.decoding.collective import collective_variables
from mfvae.decoding.couplings import couplings
from mfvae.decoding.potential import potential
from mfvae.errors import InputError
from mfvae.latent.balanced_sums import BalancedSums
from mfvae.latent.choose import latent_integral
from mfvae.latent.importance import ImportanceSampler
from mfvae.latent.missing import complete, entry_scores, impute
from mfvae.latent.posterior import posterior_means
from mfvae.model.checkpoint import load_weights, weights_of
from mfvae.model.device import chosen_device
from mfvae.model.vae import VAE, VAEConfig
from mfvae.sites import SITE_FAMILIES
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import train
from tests.helpers.other_device import FAR, OtherDevice

N_SITES, ROWS = 6, 96
FAMILIES = ("spin", "gaussian", "director", "potts3", "vector2", "vector3", "count")


def rows_of_family(name: str, rows: int = ROWS) -> torch.Tensor:
    """Statistics (B, N·dim) of draws in random fields that all sites of a row share."""
    family, rng = SITE_FAMILIES[name], np.random.default_rng(0)
    common = 0.7 * rng.standard_normal((rows, 1, family.dim), dtype=np.float32)
    fields = np.broadcast_to(common, (rows, N_SITES, family.dim)).reshape(rows, -1)
    return torch.from_numpy(family.statistic(family.sample(fields, rng)))


def a_model(name: str = "spin", d: int = 2, **options: object) -> VAE:
    return VAE(SITE_FAMILIES[name], N_SITES, VAEConfig(d, (8,), (8,), **options), seed=1)  # type: ignore[arg-type]


def trained(
    name: str, d: int, device: str, mask: torch.Tensor | None = None, **config: object
) -> list[float]:
    """The weights that a short training on a device leaves."""
    model, rows = a_model(name, d, gaps=mask is not None).to(device), rows_of_family(name)
    settings = TrainingConfig(epochs=2, batch_size=24, start_steps=3, learning_rate=1e-3, **config)  # type: ignore[arg-type]
    masks = {} if mask is None else {"observed": mask, "test_observed": mask, "valid_observed": mask}
    train(model, rows, rows, settings, 0, valid_set=rows, **masks)
    assert model.device.type == device
    return [value for part in model.state_dict().values() for value in part.flatten().tolist()]


OBJECTIVES = {
    "elbo": (2, {"objective": "elbo"}),
    "iwae": (2, {"objective": "iwae", "latent_draws": 4, "start": "data"}),
    "exact, one latent": (1, {"objective": "exact", "latent_draws": 16, "start": "data"}),
    "exact": (2, {"objective": "exact", "latent_draws": 16, "starts": 2}),
    "exact, many latents": (
        4,
        {"objective": "exact", "latent_draws": 16, "own_draws": 2, "warmup": 0.5},
    ),
}


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_training_elsewhere_gives_the_same_weights(objective: str) -> None:
    d, config = OBJECTIVES[objective]
    here = trained("spin", d, "cpu", **config)
    with OtherDevice() as other:
        assert trained("spin", d, FAR, **config) == here
    assert other.computed > 500


def test_training_with_gaps_elsewhere_gives_the_same_weights() -> None:
    mask = torch.rand((ROWS, N_SITES), generator=torch.Generator().manual_seed(0)) > 0.2
    mask[:, 0] = True
    config = {"objective": "exact", "latent_draws": 16, "start": "data"}
    here = trained("spin", 2, "cpu", mask, **config)
    with OtherDevice():
        assert trained("spin", 2, FAR, mask, **config) == here


@pytest.mark.parametrize("name", FAMILIES)
def test_every_site_family_trains_elsewhere(name: str) -> None:
    config = {"objective": "exact", "latent_draws": 16, "start": "data"}
    here = trained(name, 2, "cpu", **config)
    with OtherDevice():
        assert trained(name, 2, FAR, **config) == here


def readings(device: str) -> list[np.ndarray]:
    """What sums, draws and decoding give of a model on a device."""
    rows, found = rows_of_family("spin", 40), []
    held_out = torch.rand(rows.shape, generator=torch.Generator().manual_seed(1)) > 0.8
    known = ~held_out

    def noise() -> torch.Generator:
        return torch.Generator().manual_seed(0)

    for d in (1, 2, 4):
        model = a_model(d=d, field_rank=1).to(device)
        integral = latent_integral(model, noise(), fitted_to=rows)
        found += [
            integral.log_marginal_with_error(rows)[0],
            posterior_means(model, rows, noise(), known),
        ]
        found += [impute(integral, rows, known), entry_scores(integral, rows, held_out)]
        found += [complete(integral, rows, known, noise()), *rate_and_distortion(model, rows, noise())]
        found.append(encoder_information(model, rows, rows, noise()))
        found.append(model.sample(5, np.random.default_rng(0)))
        variables = collective_variables(model, d, 100, np.random.default_rng(0))
        found += [variables.singular_values, couplings(integral, rows, np.ones((6, 1)), 6).from_mean]
        if d > 1:
            found.append(potential(model, d, np.ones((6, 1)), 6, np.random.default_rng(0)).coupling)
    for kind in (BalancedSums, ImportanceSampler):
        sums = kind(model, noise())
        found += [sums.log_marginal_with_error(rows, known)[0]]
        found += sums.posterior_moments(rows, torch.ones(1, 6, dtype=torch.float64))
    plane = a_model(d=2).to(device)
    found += [*ledger(plane, rows[:2], observed=known[:2])]
    found.append(invariants(plane, rows, "real", np.random.default_rng(0), noise()).log_prob)
    return [np.asarray(one) for one in found]


def test_sums_draws_and_decoding_elsewhere_give_the_same_numbers() -> None:
    here = readings("cpu")
    with OtherDevice() as other:
        there = readings(FAR)
    assert other.computed > 500
    for one, same in zip(here, there, strict=True):
        np.testing.assert_array_equal(one, same)


def test_weights_are_kept_on_the_cpu() -> None:
    with OtherDevice():
        content = weights_of(a_model().to(FAR))
    here = a_model()
    load_weights(here.requires_grad_(False).to(torch.float32), content)
    assert here.device.type == "cpu"
    np.testing.assert_array_equal(here.output.bias, a_model().output.bias.detach())


@pytest.mark.parametrize("name", ["abacus", "cuda:99", "meta"])
def test_a_device_that_is_not_here_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"device = '{name}': .* needed"):
        chosen_device(name)


def test_devices_are_chosen_by_name() -> None:
    assert chosen_device("cpu") == torch.device("cpu")
    assert chosen_device("auto").type in ("cpu", "cuda", "mps")
    with OtherDevice():
        assert chosen_device(FAR) == torch.device(FAR)


def test_a_fit_elsewhere_is_that_on_the_cpu() -> None:
    x = np.random.default_rng(0).choice([-1, 1], size=(300, 5))
    x[:, 1:3] = x[:, :1]
    here = mfvae.fit(x, latents=1, epochs=1)
    with OtherDevice() as other:
        there = mfvae.fit(x, latents=1, epochs=1, device=FAR)
    assert other.computed > 500
    np.testing.assert_array_equal(here.chosen.log_prob, there.chosen.log_prob)
    assert all(law.model is None or law.model.device.type == "cpu" for law in there.tried)


def test_a_tensor_on_the_wrong_device_is_noticed() -> None:
    with OtherDevice():
        model, rows = a_model().to(FAR), rows_of_family("spin")
        with pytest.raises(RuntimeError, match="tensors on the CPU"):
            model.encode(rows)
        with pytest.raises(TypeError, match="no array"):
            model.fields(torch.zeros(1, 2)).numpy()
