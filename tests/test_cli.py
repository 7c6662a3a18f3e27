"""What scripts share: options made from dataclasses, and errors of one line."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict, dataclass, field, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.model.vae import VAEConfig
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import TrainingDiverged
from mfvae.workflow.cli import (
    add_config_arguments,
    add_model_arguments,
    add_sample_arguments,
    config_from,
    run,
)

# argparse takes -1e+16 for an option: negative numbers must be spelled without exponent
positive = st.floats(0, allow_infinity=False)


@dataclass(frozen=True)
class Recipe:
    """One field of every kind that configurations have."""

    n_layers: int = field(metadata={"help": "of a net"})
    step: float = field(metadata={"help": "of a walk"})
    name: str = field(default="plain", metadata={"help": "of it"})
    widths: tuple[int, ...] = field(default=(3, 4), metadata={"help": "of layers"})
    weights: tuple[float, ...] = field(default=(0.5,), metadata={"help": "of terms"})


def parse(words: list[str], *configs: type) -> list:
    parser = ArgumentParser(exit_on_error=False)
    for config in configs:
        add_config_arguments(parser, config)
    arguments = parser.parse_args(words)
    return [config_from(arguments, config) for config in configs]


def parser_of(config: type) -> ArgumentParser:
    parser = ArgumentParser()
    add_config_arguments(parser, config)
    return parser


def flags(config) -> list[str]:
    """The command line that spells a configuration."""
    words: list[str] = []
    for each in fields(config):
        value = getattr(config, each.name)
        words.append("--" + each.name.replace("_", "-"))
        words += map(str, value if isinstance(value, tuple) else (value,))
    return words


# -- options ---------------------------------------------------------------------------------------
@given(
    st.builds(
        Recipe,
        st.integers(),
        positive,
        st.from_regex(r"[a-z][a-z0-9_.]*", fullmatch=True),
        st.lists(st.integers(), min_size=1, max_size=4).map(tuple),
        st.lists(positive, min_size=1, max_size=4).map(tuple),
    )
)
def test_a_configuration_survives_the_command_line(recipe):
    assert parse(flags(recipe), Recipe) == [recipe]


@given(
    st.integers(1, 9),
    st.lists(st.integers(1, 999), min_size=1, max_size=3).map(tuple),
    st.integers(1, 10**6),
    st.floats(1e-9, 1e3),
    st.floats(0, 1),
)
def test_the_configurations_of_a_training_share_a_command_line(latent_dim, widths, epochs, rate, warmup):
    architecture = VAEConfig(latent_dim, widths, widths[::-1])
    training = TrainingConfig(epochs=epochs, learning_rate=rate, warmup=warmup)
    words = flags(training) + flags(architecture)
    assert parse(words, VAEConfig, TrainingConfig) == [architecture, training]


def test_what_is_not_said_is_the_default():
    assert parse(["--latent-dim", "2"], VAEConfig, TrainingConfig) == [VAEConfig(2), TrainingConfig()]
    assert parse(["--n-layers", "1", "--step", "-0.5"], Recipe) == [Recipe(1, -0.5)]


@pytest.mark.parametrize("missing", ["--n-layers", "--step"])
def test_a_field_without_default_is_required(missing, capsys):
    words = {"--n-layers": "1", "--step": "0.5"}
    del words[missing]
    with pytest.raises(SystemExit):  # argparse exits here even with exit_on_error=False
        parser_of(Recipe).parse_args([word for pair in words.items() for word in pair])
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"), [("--n-layers", "1.5"), ("--step", "fast"), ("--widths", "x"), ("--depth", "1")]
)
def test_values_of_the_wrong_type_and_unknown_options_are_refused(option, value, capsys):
    words = {"--n-layers": "1", "--step": "0.5"} | {option: value}
    with pytest.raises(SystemExit) as caught:
        parser_of(Recipe).parse_args([word for pair in words.items() for word in pair])
    assert caught.value.code == 2
    assert option in capsys.readouterr().err


def test_checks_of_the_configuration_apply_to_options():
    with pytest.raises(InputError, match="epochs = 0"):
        parse(["--epochs", "0"], TrainingConfig)


def test_types_of_fields_are_those_of_their_annotations():
    (recipe,) = parse(["--n-layers", "7", "--step", "1", "--weights", "1", "2"], Recipe)
    assert {name: type(value) for name, value in asdict(recipe).items()} == {
        "n_layers": int, "step": float, "name": str, "widths": tuple, "weights": tuple
    }  # fmt: skip
    assert [type(value) for value in recipe.weights] == [float, float]


OF_MODEL = {
    "--system": "curie_weiss", "--point": "N~64/beta~1.0", "--name": "elbo", "--model": "a.pt",
    "--seed": "3",
}  # fmt: skip
OF_SAMPLES = OF_MODEL | {"--samples": "a.parquet"}


@pytest.mark.parametrize(
    ("add", "options"), [(add_model_arguments, OF_MODEL), (add_sample_arguments, OF_SAMPLES)]
)
def test_options_of_an_evaluation_are_all_needed(add, options, capsys):
    parser = ArgumentParser()
    add(parser)
    found = vars(parser.parse_args([word for pair in options.items() for word in pair]))
    assert found == {key[2:]: 3 if key == "--seed" else value for key, value in options.items()}
    for missing in options:
        with pytest.raises(SystemExit):
            parser.parse_args([w for pair in options.items() if pair[0] != missing for w in pair])
        assert missing in capsys.readouterr().err


def test_one_that_needs_no_samples_knows_no_samples(capsys):
    parser = ArgumentParser()
    add_model_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([word for pair in OF_SAMPLES.items() for word in pair])
    assert "--samples" in capsys.readouterr().err


# -- errors ----------------------------------------------------------------------------------------
def raising(error: BaseException):
    def main() -> None:
        raise error

    return main


@pytest.mark.parametrize(
    "error",
    [
        InputError("beta", -1, "a finite number > 0 is needed"),
        InputError("file", "two\nlines", "one line is needed"),
        TrainingDiverged("step 3: rate is nan"),
    ],
)
def test_bad_input_and_divergence_end_a_script_with_one_line(error):
    with pytest.raises(SystemExit) as caught:
        run(raising(error))
    assert caught.value.code == f"error: {error}"
    assert "\n" not in caught.value.code  # a text as code: printed to stderr, exit status 1


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("a bug"), RuntimeError("a bug")])
def test_other_errors_are_bugs_and_keep_their_traceback(error):
    with pytest.raises(type(error)):
        run(raising(error))


def test_a_script_that_ends_well_is_left_alone():
    done = []
    run(lambda: done.append(1))
    assert done == [1]


def test_an_input_error_names_field_value_and_what_is_allowed():
    error = InputError("systems.hopfield.grid.p", 9, "an integer ≤ 3 is needed")
    assert str(error) == "systems.hopfield.grid.p = 9: an integer ≤ 3 is needed"
    assert (error.field, error.value, error.allowed) == (
        "systems.hopfield.grid.p", 9, "an integer ≤ 3 is needed"
    )  # fmt: skip
    assert isinstance(error, ValueError)
