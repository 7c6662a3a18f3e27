"""What all command-line scripts share: options made from dataclasses, one-line errors."""

from __future__ import annotations

import sys
from argparse import Action, ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args, get_type_hints

from mfvae.errors import InputError
from mfvae.workflow.files.provenance import job

Config = TypeVar("Config")


def add_config_arguments(parser: ArgumentParser, config: type[Any]) -> None:
    """One option per field of a configuration dataclass; tuples take several values.

    What the option is for, and the values among which it chooses, are the field's metadata.
    """
    hints = get_type_hints(config)
    for field in fields(config):
        several = get_args(hints[field.name])
        given = field.default is not MISSING
        about: dict[str, Any] = {
            "default": field.default if given else None,
            "required": not given,
            "help": field.metadata["help"] + (_shown(field.default) if given else ""),
        }
        if hints[field.name] is bool:  # any text would be true
            about["action"] = BooleanOptionalAction
        else:
            about["type"] = several[0] if several else hints[field.name]
            about["nargs"] = "+" if several else None
            if choices := field.metadata.get("choices"):  # which the configuration itself checks
                about["metavar"] = f"{{{','.join(choices)}}}"
        parser.add_argument("--" + field.name.replace("_", "-"), **about)


def _shown(default: object) -> str:
    values = default if isinstance(default, tuple) else [default]
    return f" (default: {' '.join(map(str, values))})"


def at_least(least: int) -> type[Action]:
    """An action for integer options: all values below ``least`` raise InputError, which names them."""

    class AtLeast(Action):
        def __call__(
            self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None
        ) -> None:
            for value in values if isinstance(values, list) else [values]:
                if value < least:
                    raise InputError(self.dest, value, f"an integer of at least {least} is needed")
            setattr(namespace, self.dest, values)

    return AtLeast


def add_model_arguments(parser: ArgumentParser) -> None:
    """Options of every script that evaluates a trained model."""
    parser.add_argument("--system", required=True, help="name of the system or recording")
    parser.add_argument("--point", required=True, help="for example N~64/beta~1.0")
    parser.add_argument("--name", required=True, help="name of the model")
    parser.add_argument("--model", required=True, help=".pt file, its JSON record beside it")
    parser.add_argument("--seed", type=int, required=True, help="global seed of random draws")


def add_sample_arguments(parser: ArgumentParser) -> None:
    """The same for one that evaluates it on the samples of its point."""
    add_model_arguments(parser)
    parser.add_argument("--samples", required=True, help="Parquet table of samples")


def config_from(arguments: Namespace, config: type[Config]) -> Config:
    """The dataclass filled from parsed options."""
    values = {field.name: getattr(arguments, field.name) for field in fields(config)}  # type: ignore[arg-type]
    return config(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def run(main: Callable[[], None]) -> None:
    """Run a script; bad input and diverged training end it with one line and exit status 1."""
    try:
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)  # bits depend on the number of threads
        with job(sys.argv):
            main()
    except (InputError, ArithmeticError) as error:
        sys.exit(f"error: {error}")
