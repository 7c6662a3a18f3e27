"""How a rule calls a script: options by the names of what the rule has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mfvae.errors import InputError
from mfvae.workflow.command_line import command_line, flags, options_of

MAIN = "def main(system: str, samples, output, *, seed=1, names=()) -> None: ...\n"
WILDCARDS = {"system": "hopfield", "point": "N~8"}
INPUT = {"samples": "a.parquet", "record": "a.json"}
OUTPUT = {"output": "b.csv"}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(MAIN)
    return path


def words(script: Path, **settings: Any) -> list[str]:
    called, *options = command_line(script, settings)(WILDCARDS, INPUT, OUTPUT)
    assert called == str(script)
    return options


def test_parameters_of_main_are_read_without_running_the_script(script: Path) -> None:
    script.write_text(f"raise SystemExit\n{MAIN}")
    assert options_of(script) == ("system", "samples", "output", "seed", "names")


def test_what_a_rule_has_of_a_parameter_s_name_is_its_option(script: Path) -> None:
    """Not the point, nor the record: the script does not ask for them."""
    assert words(script) == [
        *("--system", "hopfield", "--samples", "a.parquet", "--output", "b.csv"),
    ]


def test_settings_come_first_and_may_depend_on_the_job(script: Path) -> None:
    found = words(
        script,
        system="retina",
        seed=lambda wildcards: len(wildcards),
        names=lambda _, input, output: [input["record"], output["output"]],
    )
    assert found == [
        *("--system", "retina", "--samples", "a.parquet", "--output", "b.csv"),
        *("--seed", "2", "--names", "a.json", "b.csv"),
    ]


def test_a_mapping_of_settings_is_more_options(script: Path) -> None:
    found = words(script, settings=lambda _: {"latent_dim": 2, "widths": [3, 4]})
    assert found[-5:] == ["--latent-dim", "2", "--widths", "3", "4"]


def test_a_setting_that_the_script_does_not_know_is_refused(script: Path) -> None:
    with pytest.raises(InputError, match=r"= 'sed': one of system, samples, output, seed, names"):
        command_line(script, {"sed": 1})


def test_a_file_without_main_is_no_script(script: Path) -> None:
    script.write_text("")
    with pytest.raises(InputError, match="a function main is needed"):
        command_line(script, {})


def test_values_are_spelled_so_that_a_command_line_can_say_them() -> None:
    spelled = flags({"a": True, "b_c": False, "d": None, "e": [], "f": ("x", 1), "g": -1e16, "h": ""})
    assert spelled == ["--a", "--no-b-c", "--f", "x", "1", "--g=-1e+16", "--h", ""]
