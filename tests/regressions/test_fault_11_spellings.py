"""One point had two names, 1 and 1.0, and YAML read numbers and repeated keys otherwise than written."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mfvae.errors import InputError
from mfvae.systems import SYSTEMS
from mfvae.workflow.settings.points import build_at, grid_points, parse, parse_grid, spell
from mfvae.workflow.settings.replica_names import original
from mfvae.workflow.settings.settle import settle
from mfvae.workflow.settings.strict_yaml import check_yaml
from mfvae.workflow.settings.systems import parameters_of, whole_parameters_of
from tests.configuration.changes import DEFAULT, FILES, SHIPPED, changed, refused
from tests.helpers.checkout import copy_workflow
from tests.scripts.calls import ENVIRONMENT, assert_one_line, in_here


def points(grid) -> list[str]:
    return [spell(point) for point in grid_points(grid)]


# -- one name for a point --------------------------------------------------------------------------
def test_a_point_has_one_name_whatever_the_spelling_of_its_numbers():
    config = settle(
        changed(
            ("systems.curie_weiss.grid", {"N": [64.0], "beta": [1, 2]}),
            ("systems.curie_weiss.models.elbo.only", {"N": [64], "beta": [1]}),
            ("scaling.curie_weiss", {"N": [64], "beta": [1.0]}),
        )
    )
    block = config["systems"]["curie_weiss"]
    assert points(block["grid"]) == ["N~64/beta~1.0", "N~64/beta~2.0"]
    assert points(block["models"]["elbo"]["only"]) == ["N~64/beta~1.0"]
    assert points(config["scaling"]["curie_weiss"]) == ["N~64/beta~1.0"]


def test_zero_has_no_sign():
    config = settle(changed(("systems.curie_weiss_field.grid.h", [-0.0])))
    assert points(config["systems"]["curie_weiss_field"]["grid"])[0] == "N~100/h~0.0/beta~0.5"


def without_models(config, given=None):
    """Without what replicas add and, of what was settled, what was not given; nor figures, of which none
    are drawn of what is left out."""
    if not isinstance(config, dict):
        return config
    keys = [k for k in (config if given is None else given) if k not in ("models", "run", "figures")]
    return {k: without_models(config[k], None if given is None else given[k]) for k in keys}


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_point_changes_its_name(name):
    """Nor any other number: names of files and of random streams stay."""
    config, settled = SHIPPED[name], settle(SHIPPED[name])
    assert repr(without_models(settled, config)) == repr(without_models(config))
    for system, block in config["systems"].items():
        for model, settings in settled["systems"][system]["models"].items():
            given = {k: v for k, v in block["models"][original(model)].items() if k != "replicas"}
            own = {k: v for k, v in settings.items() if k not in ("replica", "replica_of")}
            assert repr(own) == repr(given)


@pytest.mark.parametrize("values", [[1, 1.0], [1.0, 0.5, 1], [-0.0, 0]])
def test_the_same_number_twice_is_refused(values):
    assert "once" in refused(changed(("systems.curie_weiss_field.grid.h", values))).allowed


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_says_which_parameters_are_whole(name):
    whole = whole_parameters_of(name)
    assert whole < set(parameters_of(name))
    shipped = DEFAULT["systems"].get(name, {"grid": {}})  # not all systems are in the configuration
    for parameter, values in shipped["grid"].items():
        assert {type(value) for value in values} == {int if parameter in whole else float}


@pytest.mark.parametrize(
    "point", ["N~8/beta~1", "N~8.0/beta~1.0", "N~8/beta~1.00", "N~08/beta~1.0", "N~8/beta~1e0"]
)
def test_a_script_refuses_another_spelling_of_its_point(point, tmp_path):
    output = ["--output", tmp_path / "a.parquet", "--facts", tmp_path / "a.json"]
    about = ["--system", "curie_weiss", "--n-samples", 10, "--seed", 1]
    assert_one_line(in_here("data/draw", "--point", point, *about, *output), f"point = {point!r}", "~")
    assert list(tmp_path.iterdir()) == []


def test_the_one_spelling_is_built():
    assert build_at("curie_weiss", "N~8/beta~1.0", 1).n_sites == 8
    assert parse("N~8/beta~1e+16") == {"N": 8, "beta": 1e16}
    assert parse_grid(["beta=1,1.50"]) == {"beta": [1, 1.5]}
    with pytest.raises(InputError, match="beta = 'x': a number is needed"):
        parse_grid(["beta=1,x"])


# -- traps of YAML ---------------------------------------------------------------------------------
TRAPS = {  # content → line, what is written there, words of what is allowed
    "a: 1\nepochs: 010": (2, "010", "as 8"),
    "epochs: 0x10": (1, "0x10", "as 16"),
    "epochs: 0b11": (1, "0b11", "as 3"),
    "a: [1, 2]\nb:\n  - 1:30": (3, "1:30", "as 90"),
    "a: 1:30.5": (1, "1:30.5", "as 90.5"),
    "rate: 1e-3": (1, "1e-3", "1.0e-3"),
    "epochs: 08": (1, "08", "text"),
    "a: 1\nb: 2\na: 3": (3, "a", "once"),
    "a:\n  b: {c: 1, d: 2, c: 3}": (2, "c", "once"),
    "x: &x {a: 1}\ny: {<<: *x, b: 1, b: 2}": (2, "b", "once"),
    "x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x": (4, "<<", "once"),
    "models:\n  no: {a: 1}": (2, "no", "bool"),
    "models:\n  ~: {a: 1}": (2, "~", "null"),
    "1: 2": (1, "1", "quotes"),
    "[1, 2]: 3": (1, "…", "quotes"),
}


@pytest.mark.parametrize("content", TRAPS)
def test_a_trap_is_refused_by_file_and_line(content, tmp_path):
    line, written, words = TRAPS[content]
    path = tmp_path / "mine.yaml"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        check_yaml(path)
    assert str(caught.value).startswith(f"{path}, line {line} = {written!r}: ")
    assert words in caught.value.allowed
    assert "\n" not in str(caught.value)


HARMLESS = [
    "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}",  # overriding what is merged
    "x: &x {a: 1}\nz: &z {c: 1}\ny: {<<: [*x, *z], d: 3}",
    "a: &a [1]\nb: *a\nc: *a",
    "a: &a {b: *a}",  # which holds itself
    "a: 0\nb: -12\nc: 1_000\nd: 1.5e-3\ne: .inf\nf: 007.5",
    'a: "010"\nb: \'1:30\'\n"no": 1\n"1": 2',
    "a: {k: 1}\nb: {k: 2}",
    "sha: 50fa85a05950b76033809c8468f70c91fcd0c76d04587a685c1b76085f7f4dae\nurl: https://x.org/1",
    '{"a": 1e-3,\n\t"b": [1, 2]}',  # JSON
    "",
]


@pytest.mark.parametrize("content", HARMLESS)
def test_what_misleads_nobody_is_allowed(content, tmp_path):
    (tmp_path / "mine.yaml").write_text(content)
    check_yaml(tmp_path / "mine.yaml")


def test_repeated_keys_of_json_are_refused(tmp_path):
    (tmp_path / "mine.json").write_text('{"a": {"b": 1, "b": 2}}')
    with pytest.raises(InputError, match="once"):
        check_yaml(tmp_path / "mine.json")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_hold_no_trap(path):
    check_yaml(path)


def test_the_workflow_refuses_a_trap_before_anything_else(tmp_path):
    copy_workflow(tmp_path)
    (tmp_path / "mine.yaml").write_text("evaluation:\n  n_test: 0400\n")
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", "mine.yaml"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "mine.yaml, line 2 = '0400': a decimal number" in run.stdout
    assert "Traceback" not in run.stdout
    assert not (tmp_path / "results").exists()
