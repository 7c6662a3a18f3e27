"""The command ``mfvae``: inspect a file, analyse it, sample a system, or see a demonstration.

Exit codes: 0 done, 1 input that cannot be used, said in one line, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mfvae
from mfvae.errors import InputError

if TYPE_CHECKING:
    from mfvae.analysis.fit import Fit
    from mfvae.analysis.ladder import Step
    from mfvae.data.configurations import Configurations

DONE, BAD_INPUT, INTERRUPTED, CUT_OFF = 0, 1, 130, 141
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
DEMO = {"N": 40, "p": 2, "beta": 1.2}
DEMO_ROWS, DEMO_FOLDER = 8000, "mfvae_demo"
WRITABLE = (".npz", ".npy", ".csv")
DESCRIPTION = """\
Is there a latent mean-field theory in these data, and what is it?

  mfvae inspect spikes.npz               what is in the file, how it was read, what is odd
  mfvae analyse spikes.npz               how many latents, is it faithful, what is the theory
  mfvae sample hopfield N=40 p=2 beta=1.2 -n 10000 -o hopfield.npz
  mfvae demo                             all of it, on data of its own, in less than a minute
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command with these words, those of the command line by default; the exit code."""
    arguments = parser().parse_args(sys.argv[1:] if words is None else words)
    try:
        arguments.run(arguments)
    except BrokenPipeError:  # whoever reads has read enough, as ``head`` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    except (InputError, ArithmeticError, OSError) as error:
        print(f"mfvae: {' '.join(str(error).splitlines())}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        out = getattr(arguments, "out", None)
        on = f"; what was trained is in {out}: the same command goes on from there" if out else ""
        print(f"\nmfvae: interrupted{on}", file=sys.stderr)
        return INTERRUPTED
    return DONE


def parser() -> ArgumentParser:
    """The options of all commands."""
    whole = ArgumentParser(
        "mfvae", description=DESCRIPTION, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
    )
    whole.add_argument("--version", action="version", version=f"mfvae {mfvae.__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> ArgumentParser:
        made = commands.add_parser(name, help=text, description=f"{text}.", allow_abbrev=False)
        made.set_defaults(run=run)
        return made

    inspected = command("inspect", _inspect, "What is in a file, how it was read, and what is odd")
    _add_reading(inspected)
    analysed = command("analyse", _analyse, "How many latents, is it faithful, and what is the theory")
    _add_reading(analysed)
    _add_training(analysed)
    analysed.add_argument("--out", type=Path, help="folder of results (default: NAME_mfvae)")
    sampled = command("sample", _sample, "Exact samples of a solvable system")
    sampled.add_argument("system", help="curie_weiss, hopfield, …")
    sampled.add_argument("parameters", nargs="*", metavar="name=value", help="of the system")
    sampled.add_argument("-n", type=int, default=10_000, help="samples (default: %(default)s)")
    sampled.add_argument("-o", "--output", type=Path, required=True, help=f"{', '.join(WRITABLE)}")
    sampled.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    shown = command("demo", _demo, "Two stored patterns of a Hopfield network, found again")
    _add_training(shown)
    shown.add_argument("--out", type=Path, default=Path(DEMO_FOLDER), help="(default: %(default)s)")
    return whole


def _add_reading(made: ArgumentParser) -> None:
    add = made.add_argument
    add("file", type=Path, help="npy, npz, csv, tsv, parquet, mat, h5, nwb")
    add("--key", help="which array of a file with several")
    add("--axes", help="what the axes are, in their order: 'groups rows sites', 'trials bins neurons' …")
    add("--groups", help="column or array that says which rows belong together, or rows in a group")
    add("--bin", help="width of a time bin, of spike times: 20ms")
    add("--site", default="spin", help="spin, gaussian or director (default: %(default)s)")
    add("--threshold", type=float, help="numbers above it are +1, all others −1")
    add("--clip", action="store_true", help="counts above 1 become 1")


def _add_training(made: ArgumentParser) -> None:
    add = made.add_argument
    add("--latents", type=int, default=3, help="largest number that is tried (default: %(default)s)")
    add("--holdout", help="given, group, block or random (default: the first that the data allow)")
    add("--epochs", type=int, default=15, help="passes over the rows (default: %(default)s)")
    add("--baselines", nargs="*", help="other laws that are compared (default: all)", metavar="NAME")
    # two on busy cores wait for each other: the demonstration took ten times as long
    add("--threads", type=int, default=1, help="of PyTorch (default: %(default)s)")
    add("--seed", type=int, default=0, help="(default: %(default)s)")


def _loaded(arguments: Namespace) -> Configurations:
    from mfvae.data.loader import load

    groups = arguments.groups
    data = load(
        arguments.file,
        key=arguments.key,
        axes=arguments.axes,
        groups=int(groups) if groups and groups.isdigit() else groups,
        bin_s=None if arguments.bin is None else seconds_of(arguments.bin),
        site=arguments.site,
        threshold=arguments.threshold,
        clip=arguments.clip,
    )
    print(data.describe())
    return data


def seconds_of(text: str) -> float:
    """A width such as ``20ms`` or ``0.02`` in seconds.

    >>> seconds_of("20ms"), seconds_of("0.5")
    (0.02, 0.5)
    """
    found = re.fullmatch(r"\s*([\d.]+(?:e-?\d+)?)\s*(s|ms|us)?\s*", text)
    try:
        number = float(found[1]) if found else 0.0
    except ValueError:
        number = 0.0
    if not found or number <= 0:
        raise InputError("bin", text, "a width such as 20ms or 0.02s is needed")
    return number * SECONDS[found[2] or "s"]


def _inspect(arguments: Namespace) -> None:
    from mfvae.analysis.examine import how_held_out, oddities

    data = _loaded(arguments)
    print(how_held_out(data))
    for oddity in oddities(data) or ["Nothing is odd."]:
        print(f"! {oddity}" if oddity != "Nothing is odd." else oddity)


def _analyse(arguments: Namespace) -> None:
    if arguments.out is None:
        arguments.out = Path(f"{arguments.file.stem}_mfvae")
    _analysed(_loaded(arguments), arguments)


def _analysed(data: Configurations, arguments: Namespace) -> Fit:
    """Fit, diagnose, decode and report, saying everything on the way."""
    import torch

    from mfvae.analysis.examine import how_held_out, oddities
    from mfvae.analysis.fit import fit
    from mfvae.analysis.store import Folder
    from mfvae.workflow.files.atomic import write_csv

    if arguments.threads < 1:
        raise InputError("threads", arguments.threads, "1 or more are needed")
    torch.set_num_threads(arguments.threads)
    print(how_held_out(data))
    for oddity in oddities(data):
        print(f"! {oddity}")
    out, store = arguments.out, Folder(arguments.out / "models")
    print(f"\n{'law':24}{'held-out nats a row':>22}   gain, row by row", flush=True)
    found = fit(
        data,
        latents=arguments.latents,
        holdout=arguments.holdout,
        epochs=arguments.epochs,
        seed=arguments.seed,
        store=store,
        on_law=_print_step,
    )
    if store.found:
        print(f"{store.found} trained models were found in {store.path}, {store.kept} are new")
    diagnosis = found.diagnose(baselines=arguments.baselines)
    theory = found.decode()
    warning = diagnosis.before_theory if theory.n_patterns else ()
    print("\n", "\n".join([diagnosis.summary(), "", *warning, theory.summary()]), "\n", sep="")
    write_csv(out / "nats.csv", diagnosis.nats)
    write_csv(out / "patterns.csv", theory.to_frame())
    write_csv(out / "couplings.csv", theory.couplings)
    report = found.report(out / "report.html", baselines=arguments.baselines)
    print(f"wrote {report}, and beside it nats.csv, patterns.csv, couplings.csv, models/")
    return found


def _print_step(step: Step) -> None:
    from mfvae.analysis.diagnosis import shown, signed

    line = f"{step.law.name:24}{shown(step.nats):>22}"
    if step.gain is not None and step.before is not None:
        line += f"   {signed(step.gain)} over {step.before.name}"
    if step.law.seconds:
        line += f" ({step.law.seconds:.0f} s)"
    print(line, flush=True)


def _sample(arguments: Namespace) -> None:
    from mfvae.random import generator
    from mfvae.systems import build, system_class

    output: Path = arguments.output
    if output.suffix not in WRITABLE:
        raise InputError("output", str(output), f"a file that ends with {', '.join(WRITABLE)} is needed")
    if arguments.n < 1:
        raise InputError("n", arguments.n, "1 or more are needed")
    whole = system_class(arguments.system).whole_numbers()
    parameters = dict(_parameter(text, whole) for text in arguments.parameters)
    system = build(arguments.system, parameters, arguments.seed)
    x = system.sample(arguments.n, generator(arguments.seed, f"sample/{arguments.system}"))
    _write_array(output, x)
    print(f"wrote {output}: {' × '.join(map(str, x.shape))}, samples × sites")


def _parameter(text: str, whole: frozenset[str]) -> tuple[str, int | float]:
    name, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError as error:
        raise InputError("parameters", text, "name=number is needed, such as beta=1.2") from error
    return name, int(number) if name in whole and number.is_integer() else number


def _write_array(path: Path, x: Any) -> None:
    import numpy as np

    from mfvae.workflow.files.atomic import atomic_path, write_arrays, write_csv

    if path.suffix == ".npz":
        write_arrays(path, {"configurations": x})
    elif path.suffix == ".npy":
        with atomic_path(path) as temporary, open(temporary, "wb") as handle:
            np.save(handle, x, allow_pickle=False)
    else:
        import pandas as pd

        if x.ndim != 2:
            raise InputError("output", str(path), "such sites need .npz or .npy")
        write_csv(path, pd.DataFrame(x, columns=[f"site_{i + 1}" for i in range(x.shape[1])]))


def _demo(arguments: Namespace) -> None:
    from mfvae.analysis.diagnosis import shown
    from mfvae.compare.pattern_matching import match_patterns
    from mfvae.data.loader import load
    from mfvae.random import generator
    from mfvae.systems import build_mean_field

    system = build_mean_field("hopfield", DEMO, arguments.seed)
    file = arguments.out / "hopfield.npz"
    _write_array(file, system.sample(DEMO_ROWS, generator(arguments.seed, "demo")))
    named = " ".join(f"{name}={value}" for name, value in DEMO.items())
    print(
        f"{file}: {DEMO_ROWS} exact samples of a Hopfield network, {named}; the analysis is not told.\n"
    )
    data = load(file)
    print(data.describe())
    fit = _analysed(data, arguments)
    theory, known = fit.decode(), fit.diagnose(truth=system, baselines=())
    if not theory.n_patterns:
        return
    values = theory.patterns.filter(like="pattern_").to_numpy()
    overlaps = match_patterns(values, system.patterns)[1]
    print(f"overlaps with the stored patterns: {', '.join(f'{one:.3f}' for one in overlaps)}")
    print(f"the true βJ is {system.coupling:g}")
    if known.kl is not None:
        print(f"KL(p_data‖p_θ), as the law is known here: {shown(known.kl)} nats")


if __name__ == "__main__":
    sys.exit(main())
