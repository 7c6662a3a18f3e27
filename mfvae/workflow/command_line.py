"""The command line by which a rule calls a script: an option is what the rule has of that name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

from mfvae.errors import InputError

SETTINGS = "settings"  # a rule's setting that is a mapping of further options


@cache
def options_of(script: Path) -> tuple[str, ...]:
    """Parameters of a script's ``main``, read without running it."""
    tree = ast.parse(script.read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "main" not in functions:
        raise InputError("script", str(script), "a function main is needed in it")
    arguments = functions["main"].args
    return tuple(each.arg for each in (*arguments.args, *arguments.kwonlyargs))


def flags(options: Mapping[str, Any]) -> list[str]:
    """Words for options: {"latent_dim": 2} becomes --latent-dim 2; None and empty lists are left out."""
    words: list[str] = []
    for name, value in options.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        elif isinstance(value, list | tuple):
            words += [f"--{option}", *map(str, value)] if value else []
        elif str(value).startswith("-"):  # which alone would be taken for an option
            words.append(f"--{option}={value}")
        elif value is not None:
            words += [f"--{option}", str(value)]
    return words


def command_line(
    script: Path, settings: Mapping[str, Any]
) -> Callable[[Mapping[str, str], Mapping[str, Any], Mapping[str, Any]], list[str]]:
    """A function of a job's wildcards, input and output: the words that call the script.

    A parameter of its ``main`` is given if the job has a setting, a file that it makes, one that it
    needs or a wildcard of that name, in this order. Settings may be functions of these three, as those
    of Snakemake are. Raises InputError for a setting that the script does not know.
    """
    known = options_of(script)
    if unknown := sorted(settings.keys() - {*known, SETTINGS}):
        allowed = f"one of {', '.join(known)} is needed"
        raise InputError(f"option of {script}", unknown[0], allowed)

    def words(
        wildcards: Mapping[str, str], input: Mapping[str, Any], output: Mapping[str, Any]
    ) -> list[str]:
        job = {"wildcards": wildcards, "input": input, "output": output}

        def value_of(setting: Any) -> Any:
            if not callable(setting):
                return setting
            _, *others = signature(setting).parameters
            return setting(wildcards, **{name: job[name] for name in others})

        given = {name: value_of(setting) for name, setting in settings.items()}
        of_job = {**dict(wildcards.items()), **dict(input.items()), **dict(output.items()), **given}
        options = {name: of_job[name] for name in known if name in of_job}
        return [str(script), *flags(options), *flags(given.get(SETTINGS, {}))]

    return words
