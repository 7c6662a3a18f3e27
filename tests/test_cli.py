"""What scripts share: options that are parameters of main, and errors of one line."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfvae.errors import InputError
from mfvae.model.vae import VAEConfig
from mfvae.training.config import TrainingConfig
from mfvae.training.loop import TrainingDiverged
from mfvae.workflow import cli
from mfvae.workflow.cli import AtLeast, OneOf, Output, Point, Seed, System, options_of, run, together
from mfvae.workflow.files.atomic import read_json, write_json

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


def called(main: Any, *words: Any) -> None:
    """Call a script's main with a command line."""
    cli.call(main, cli.parse(main, [str(word) for word in words]))


def parse(words: list[str], *configs: type) -> list[Any]:
    """Configurations from a command line."""
    found: list[Any] = []

    def one(first: Any) -> None:
        found.append(first)

    def two(first: Any, second: Any) -> None:
        found.extend((first, second))

    main = one if len(configs) == 1 else two
    main.__annotations__ = dict(zip(("first", "second"), configs, strict=False))
    called(main, *words)
    return found


def flags(config: Any) -> list[str]:
    """The command line that spells a configuration."""
    words: list[str] = []
    for each in fields(config):
        value = getattr(config, each.name)
        option = each.name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
            continue
        words.append(f"--{option}")
        words += map(str, value if isinstance(value, tuple) else (value,))
    return words


# -- configurations ----------------------------------------------------------------------------------
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
    with pytest.raises(SystemExit) as caught:
        parse([word for pair in words.items() for word in pair], Recipe)
    assert caught.value.code == 2
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [("--n-layers", "1.5"), ("--step", "fast"), ("--widths", "x"), ("--depth", "1"), ("--n-lay", "1")],
)
def test_values_of_the_wrong_type_and_unknown_options_are_refused(option, value, capsys):
    """The beginning of an option's name is no option."""
    words = {"--n-layers": "1", "--step": "0.5"} | {option: value}
    with pytest.raises(SystemExit) as caught:
        parse([word for pair in words.items() for word in pair], Recipe)
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


# -- parameters of main ------------------------------------------------------------------------------
GIVEN: list[Any] = []  # what a script was called with


def script(
    system: System,
    n_words: Annotated[int, AtLeast(2), "words of it"],
    beta: float,
    table: Annotated[Output, "CSV"],
    models: Annotated[list[Path], "several of them"],
    counts: Annotated[list[int], AtLeast(1), "at least 1 %"],
    kind: Annotated[str, OneOf(["one", "two"])],
    rule: Literal["a", "b"] = "a",
    hidden: Annotated[int | None, AtLeast(1)] = None,
    urls: Annotated[tuple[str, ...], "tried in turn"] = (),
    learned: Annotated[bool, "or not"] = False,
) -> None:
    GIVEN[:] = [{key: value for key, value in locals().items() if key != "GIVEN"}]


WORDS = {
    "--system": ["ising_2d"],
    "--n-words": [3],
    "--beta": [-0.5],
    "--table": ["a.csv"],
    "--models": ["b.pt", "c.pt"],
    "--counts": [1, 2],
    "--kind": ["two"],
}


def words(**changes: list[Any]) -> list[Any]:
    """A right command line with changes."""
    options = WORDS | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return [word for option, values in options.items() for word in (option, *values)]


def test_a_parameter_of_every_type_is_an_option():
    called(script, *words())
    told = {
        "system": "ising_2d", "n_words": 3, "beta": -0.5, "table": Path("a.csv"),
        "models": [Path("b.pt"), Path("c.pt")], "counts": [1, 2], "kind": "two",
    }  # fmt: skip
    defaults = {"rule": "a", "hidden": None, "urls": (), "learned": False}
    assert [told | defaults] == GIVEN
    called(script, *words(rule=["b"], hidden=[4], urls=["x", "y"], learned=[]))
    assert [told | {"rule": "b", "hidden": 4, "urls": ("x", "y"), "learned": True}] == GIVEN


@pytest.mark.parametrize(
    "changes",
    [{"kind": ["three"]}, {"rule": ["c"]}, {"n_words": ["2.5"]}, {"models": []}, {"learned": ["no"]}],
)
def test_what_no_type_allows_ends_with_status_2(changes, capsys):
    with pytest.raises(SystemExit) as caught:
        called(script, *words(**changes))
    assert caught.value.code == 2
    (name,) = changes
    assert name.replace("_", "-") in capsys.readouterr().err or name == "learned"


@pytest.mark.parametrize("option", WORDS)
def test_a_parameter_without_default_is_needed(option, capsys):
    with pytest.raises(SystemExit) as caught:
        called(script, *(word for o, v in WORDS.items() if o != option for word in (o, *v)))
    assert caught.value.code == 2
    assert option in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_words": [1]}, "n_words = 1: an integer of at least 2 is needed"),
        ({"counts": [1, 0]}, "counts = 0: an integer of at least 1 is needed"),
        ({"hidden": [-1]}, "hidden = -1: an integer of at least 1 is needed"),
    ],
)
def test_a_number_of_too_few_is_named(changes, message):
    with pytest.raises(InputError) as caught:
        called(script, *words(**changes))
    assert str(caught.value) == message


def test_the_help_says_what_options_are_for(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.parse(script, ["--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("usage: ")
    for part in (
        __doc__, "--system SYSTEM name of the system or recording", "words of it", "at least 1 %",
        "{one,two}", "--learned, --no-learned or not (default: False)",
    ):  # fmt: skip
        assert part in shown
    assert shown.count("(default: False)") == 1


def test_an_annotation_around_another_says_more_of_it():
    def main(point: Annotated[Point, "k~NUMBER"], seed: Seed) -> None: ...

    main.__annotations__ = {"point": Annotated[Point, "k~NUMBER"], "seed": Seed}
    point, seed = options_of(main)
    assert (point.kind, seed.kind) == (str, int)
    assert [note for note in point.notes if isinstance(note, str)][-1] == "k~NUMBER"


def two_folders(one: Path, other: Path, /, *, only_shared: bool = False) -> None:
    GIVEN[:] = [one, other, only_shared]


def all_files(*files: Annotated[Path, "such as a.yaml"]) -> None:
    GIVEN[:] = files


def test_positional_parameters_have_no_name_on_the_command_line():
    called(two_folders, "a", "--only-shared", "b")
    assert [Path("a"), Path("b"), True] == GIVEN
    called(all_files, "a", "b", "c")
    assert [Path("a"), Path("b"), Path("c")] == GIVEN
    with pytest.raises(SystemExit):
        called(all_files)


def test_entries_of_two_options_are_side_by_side_or_too_few():
    assert together(names=["a", "b"], models=(1, 2)) == [("a", 1), ("b", 2)]
    with pytest.raises(InputError, match="number of models = 1: 2 are needed, as many as of names"):
        together(names=["a", "b"], models=[1])


# -- files that are written --------------------------------------------------------------------------
def copying(source: Path, table: Annotated[Output, "a copy"], others: list[Output]) -> None:
    for path in (table, *others):
        write_json(path, read_json(source))


def run_with(monkeypatch: pytest.MonkeyPatch, main: Any, *arguments: Any) -> str | None:
    """The line with which a script ends, run as a program is."""
    monkeypatch.setattr(sys, "argv", ["scripts/a.py", *map(str, arguments)])
    try:
        run(main)
    except SystemExit as end:
        return str(end.code)
    return None


def test_no_output_is_read_and_no_two_are_one_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_json("a.json", [1])
    call = ("--source", "a.json", "--table")
    assert run_with(monkeypatch, copying, *call, "b.json", "--others", "c.json", "d.json") is None
    assert read_json("d.json") == [1]
    for same in (
        ["--table", "a.json", "--others", "c.json"],
        ["--table=b.json", "--others", "./a.json"],
    ):
        said = run_with(monkeypatch, copying, "--source", "a.json", *same)
        assert said == "error: output = 'a.json': a file that is not read at the same time is needed"
    said = run_with(monkeypatch, copying, *call, "b.json", "--others", "c.json", tmp_path / "b.json")
    assert said is not None
    assert said.startswith("error: others = ")
    assert "b.json': a file of its own is needed for every output" in said


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
def test_bad_input_and_divergence_end_a_script_with_one_line(error, monkeypatch):
    said = run_with(monkeypatch, raising(error))
    assert said == f"error: {error}"
    assert "\n" not in said  # a text as code: printed to stderr, exit status 1


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("a bug"), RuntimeError("a bug")])
def test_other_errors_are_bugs_and_keep_their_traceback(error, monkeypatch):
    with pytest.raises(type(error)):
        run_with(monkeypatch, raising(error))


def test_an_input_error_names_field_value_and_what_is_allowed():
    error = InputError("systems.hopfield.grid.p", 9, "an integer ≤ 3 is needed")
    assert str(error) == "systems.hopfield.grid.p = 9: an integer ≤ 3 is needed"
    assert (error.field, error.value, error.allowed) == (
        "systems.hopfield.grid.p", 9, "an integer ≤ 3 is needed"
    )  # fmt: skip
    assert isinstance(error, ValueError)
