"""Of what settings are made: strict types, the options of dataclasses, and errors in our one line."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from mfvae.bounds import at_least, at_most, one_of
from mfvae.errors import InputError

T = TypeVar("T")


class Settings(BaseModel):
    """A block of the configuration: its keys and no others, each of its type and no other."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, given: Any) -> Any:
        for key in given if isinstance(given, dict) else ():
            if key not in cls.model_fields:
                raise InputError(
                    key, given[key], f"unknown key, known are {', '.join(cls.model_fields)}"
                )
        return given


# -- types -----------------------------------------------------------------------------------------
def _number(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float) and math.isfinite(value)):
        raise InputError("", value, "a finite number is needed")
    return value


def _each_once(values: list[T]) -> list[T]:
    if len(set(values)) < len(values):
        raise InputError("", values, "each value once is allowed")
    return values


class OneOf:
    """Annotation of a text that is one of these."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return handler.generate_schema(Literal[self.names])


Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Distinct = Annotated[list[T], AfterValidator(_each_once), Field(json_schema_extra={"uniqueItems": True})]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
PartOfGrid = dict[str, Annotated[Distinct[Number], Field(min_length=1)]]
Grid = Annotated[PartOfGrid, Field(min_length=1)]
Widths = Annotated[
    list[Annotated[int, Field(ge=1, le=4096)]],
    Field(min_length=1, description="hidden layers of a perceptron"),
]


# -- options that dataclasses declare --------------------------------------------------------------
def options_of(config: type[Any], *names: str) -> dict[str, Any]:
    """Fields of a block of settings, one for every option of a dataclass, or for those of these names.

    Their types, defaults, bounds and choices are those of the dataclass (see ``mfvae.bounds``).
    """
    hints = get_type_hints(config)
    chosen = [field for field in dataclasses.fields(config) if not names or field.name in names]
    return {field.name: _option(field, hints[field.name]) for field in chosen}


def _option(field: dataclasses.Field[Any], kind: Any) -> tuple[Any, Any]:
    about = field.metadata
    bounds = Field(ge=about.get("minimum"), le=about.get("most", about.get("maximum")))
    if choices := about.get("choices"):
        kind = Literal[tuple(choices)]
    elif items := get_args(kind):  # of a tuple of any length
        item: Any = Annotated[items[0], bounds]
        kind = Annotated[list[item], Field(min_length=1)]
    else:
        kind = Annotated[kind, bounds]
    default = ... if field.default is dataclasses.MISSING else field.default
    return kind, Field(default, description=about["help"])


# -- errors ----------------------------------------------------------------------------------------
WORDS = {  # type of an error → what is allowed
    "missing": "this key is required",
    "int_type": "an integer is needed",
    "float_type": "a finite number is needed",
    "finite_number": "a finite number is needed",
    "string_type": "text is needed",
    "list_type": "a list is needed",
    "dict_type": "a mapping is needed",
    "model_type": "a mapping is needed",
    "greater_than": "a number > {gt} is needed",
    "less_than": "a number < {lt} is needed",
    "string_too_short": "text of at least {min_length} character is needed",
    "string_pattern_mismatch": "text that matches {pattern} is needed",
}
# Where a value may be of several kinds, pydantic puts the kind into the place: list[union[float,str]].
ALTERNATIVE = re.compile(r"^[\w-]+\[.+\]$|^(str|int|float|bool|none)$")


def one_error(error: ValidationError) -> InputError:
    """The first of what is wrong, as field, value and what is allowed."""
    first = error.errors(include_url=False)[0]
    kind, place, value, context = first["type"], first["loc"], first["input"], first.get("ctx", {})
    place = tuple(part for part in place if not (isinstance(part, str) and ALTERNATIVE.match(part)))
    if isinstance(bad := context.get("error"), InputError):
        return InputError(_dotted(*place, *([bad.field] if bad.field else [])), bad.value, bad.allowed)
    if place and place[-1] == "[key]":  # named is the mapping that has it
        place = place[:-2]
    if kind == "missing":
        value = None
    if kind == "greater_than_equal":
        allowed = at_least(context["ge"])
    elif kind == "less_than_equal":
        allowed = at_most(context["le"])
    elif kind == "too_short":
        kind = "list" if isinstance(value, list) else "mapping"
        allowed = f"a {kind} of at least {context['min_length']} is needed"
    elif kind == "literal_error":
        names = context["expected"].replace("'", "").replace("None", "null")
        allowed = one_of([names.replace(" or ", ", ")])
    else:
        allowed = WORDS.get(kind, first["msg"]).format(**context)
    return InputError(_dotted(*place) or "configuration", value, allowed)


def _dotted(*place: str | int) -> str:
    """``("systems", "hopfield", "figures", 0)`` → ``systems.hopfield.figures[0]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]
