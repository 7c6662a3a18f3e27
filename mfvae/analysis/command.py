"""The command ``mfvae``: from a file to an answer, and what goes with it.

Exit codes: 0 done, 1 input that cannot be used, said in one line, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mfvae
from mfvae.analysis.reading import POTTS, SPIN, add_reading, in_options, loaded, options_of, site_of
from mfvae.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

    from mfvae.analysis.fit import Fit
    from mfvae.analysis.ladder import Step
    from mfvae.analysis.law import FittedLaw
    from mfvae.data.configurations import Configurations
    from mfvae.systems.base import System

DONE, BAD_INPUT, INTERRUPTED, CUT_OFF = 0, 1, 130, 141
DEMO = {"N": 40, "p": 2, "beta": 1.2}
DEMO_ROWS, DEMO_FOLDER = 8000, "mfvae_demo"
INTERACTIONS = "effective_couplings.csv"
WRITABLE = (".npz", ".npy", ".csv")
NOT_IN_WORKFLOW = ("groups", "split", "columns", "long")  # options that a configuration has no key for
DESCRIPTION = """\
Is there a latent mean-field theory in these data, and what is it?

  mfvae inspect spikes.npz               what is in the file, how it was read, what is odd
  mfvae analyse spikes.npz               how many latents, is it faithful, what is the theory
  mfvae impute votes.csv --fit DIR --out filled.csv
                                         what was not observed, by a model that analyse made
  mfvae compare spikes.npz draws.npz     is a law faithful to data, from draws of it
  mfvae config spikes.npz                the same data set as the Snakemake workflow is told of it
  mfvae paper --smoke                    everything that the paper shows, small, in a clone of mfvae
  mfvae sample hopfield N=40 p=2 beta=1.2 -n 10000 -o hopfield.npz
  mfvae demo                             all of it, on data of its own, half a minute of two cores
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command with these words, those of the command line by default; the exit code."""
    typed = sys.argv[1:] if words is None else list(words)
    arguments = parser().parse_args(typed)
    arguments.typed = shlex.join(["mfvae", *typed])
    try:
        return arguments.run(arguments) or DONE
    except BrokenPipeError:  # whoever reads has read enough, as ``head`` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT_OFF
    except (InputError, ArithmeticError, OSError) as error:
        print(f"mfvae: {in_options(error, arguments)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        out = getattr(arguments, "out", None)
        on = f"; what was trained is in {out}: the same command goes on from there" if out else ""
        print(f"\nmfvae: interrupted{on}", file=sys.stderr)
        return INTERRUPTED


def parser() -> ArgumentParser:
    """The options of all commands."""
    whole = ArgumentParser(
        "mfvae", description=DESCRIPTION, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
    )
    whole.add_argument("--version", action="version", version=f"mfvae {mfvae.__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[Namespace], int | None], text: str) -> ArgumentParser:
        made = commands.add_parser(name, help=text, description=f"{text}.", allow_abbrev=False)
        made.set_defaults(run=run)
        return made

    add_reading(command("inspect", _inspect, "What is in a file, how it was read, and what is odd"))
    analysed = command("analyse", _analyse, "How many latents, is it faithful, and what is the theory")
    add_reading(analysed)
    _add_training(analysed)
    analysed.add_argument("--out", type=Path, help="folder of results (default: NAME_mfvae)")
    analysed.add_argument(
        "--identity",
        type=float,
        help="weigh sequences: those with this share of equal sites, such as 0.8, count as one",
    )
    filled = command("impute", _impute, "Fill what was not observed, by a model that analyse made")
    add_reading(filled)
    filled.add_argument("--fit", type=Path, required=True, help="folder of results of mfvae analyse")
    filled.add_argument("--out", type=Path, required=True, help=f"{', '.join(WRITABLE)}")
    filled.add_argument("--draw", action="store_true", help="one draw for every gap, not its mean")
    filled.add_argument("--seed", type=int, default=0, help="of the draws (default: %(default)s)")
    compared = command("compare", _compare, "Whether a law is faithful to data, from its draws")
    add_reading(compared)
    compared.add_argument("draws", type=Path, metavar="DRAWS", help="a file that is read likewise")
    compared.add_argument("--seed", type=int, default=0, help="of the critic (default: %(default)s)")
    _add_workflow(command)
    _add_examples(command)
    return whole


def _add_workflow(command: Callable[..., ArgumentParser]) -> None:
    """Commands that lead to the Snakemake workflow."""
    told = command("config", _config, "A data set in a file, as the Snakemake workflow is told of it")
    add_reading(told)
    told.add_argument("--name", help="of the data set (default: that of the file)")
    told.add_argument("--out", type=Path, help="file to write (default: the block is printed)")
    paper = command("paper", _paper, "Make everything that the paper shows, in a clone of mfvae")
    paper.add_argument("--smoke", action="store_true", help="the same, small, in some eight minutes")
    paper.add_argument("--cores", type=int, help="(default: all)")
    paper.add_argument("-n", "--dry-run", action="store_true", help="say what would be made")


def _add_examples(command: Callable[..., ArgumentParser]) -> None:
    """Commands that make data of their own."""
    sampled = command("sample", _sample, "Exact samples of a solvable system")
    sampled.add_argument("system", help="curie_weiss, hopfield, …")
    sampled.add_argument("parameters", nargs="*", metavar="name=value", help="of the system")
    sampled.add_argument("-n", type=int, default=10_000, help="samples (default: %(default)s)")
    sampled.add_argument("-o", "--output", type=Path, required=True, help=f"{', '.join(WRITABLE)}")
    sampled.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    shown = command("demo", _demo, "Two stored patterns of a Hopfield network, found again")
    _add_training(shown)
    shown.add_argument("--out", type=Path, default=Path(DEMO_FOLDER), help="(default: %(default)s)")


def _add_training(made: ArgumentParser) -> None:
    add = made.add_argument
    add("--latents", type=int, default=5, help="most that are tried, while each helps (%(default)s)")
    add("--holdout", help="given, group, block or random (default: the first that the data allow)")
    add(
        "--epochs",
        type=int,
        default=15,
        help="passes over the rows, more of them where rows are few (default: %(default)s)",
    )
    add("--baselines", nargs="*", help="other laws that are compared (default: all)", metavar="NAME")
    # two on busy cores wait for each other: the demonstration took ten times as long
    add("--threads", type=int, default=1, help="of PyTorch (default: %(default)s)")
    add("--device", default="cpu", help="auto, cpu, cuda, mps … (default: %(default)s)")
    add("--seed", type=int, default=0, help="(default: %(default)s)")


def _read(arguments: Namespace) -> Configurations:
    data = loaded(arguments)
    print(data.describe())
    return data


def _inspect(arguments: Namespace) -> None:
    from mfvae.analysis.examine import how_held_out, oddities

    data = _read(arguments)
    print(how_held_out(data))
    for oddity in oddities(data) or ["Nothing is odd."]:
        print(f"! {oddity}" if oddity != "Nothing is odd." else oddity)


def _analyse(arguments: Namespace) -> None:
    if arguments.out is None:
        arguments.out = Path(f"{arguments.file.stem}_mfvae")
    data = loaded(arguments)
    if arguments.identity is not None:
        from mfvae.data.weights import sequence_weights

        data = data.with_weights(sequence_weights(data, arguments.identity))
    print(data.describe())
    _analysed(data, arguments)


def _analysed(data: Configurations, arguments: Namespace, truth: System | None = None) -> Fit:
    """Fit, diagnose, decode and report, saying everything on the way."""
    import torch

    from mfvae.analysis.begin import check_settings
    from mfvae.analysis.diagnosis import check_baselines
    from mfvae.analysis.examine import how_held_out, oddities
    from mfvae.analysis.fit import fit
    from mfvae.analysis.page import report
    from mfvae.analysis.store import Folder, save
    from mfvae.workflow.files.atomic import write_csv

    check_settings(arguments.threads, arguments.device)
    check_baselines(arguments.baselines or ())
    torch.set_num_threads(arguments.threads)
    print(how_held_out(data))
    for oddity in oddities(data):
        print(f"! {oddity}")
    out, store = arguments.out, Folder(arguments.out / "models")
    found = fit(
        data,
        latents=arguments.latents,
        holdout=arguments.holdout,
        epochs=arguments.epochs,
        seed=arguments.seed,
        device=arguments.device,
        store=store,
        on_law=_teller(data, arguments),
    )
    if store.found:
        print(f"{store.found} trained models were found in {store.path}, {store.kept} are new")
    print(
        "Judging: a critic learns to tell rows from draws of the chosen law, and other laws are fitted. "
        "Then decoding.",
        flush=True,
    )
    diagnosis = found.diagnose(baselines=arguments.baselines)
    theory = found.decode()
    warning = diagnosis.before_theory if theory.n_patterns else ()
    print("\n", "\n".join([diagnosis.summary(), "", *warning, theory.summary()]), "\n", sep="")
    write_csv(out / "nats.csv", diagnosis.nats)
    write_csv(out / "patterns.csv", theory.to_frame())
    write_csv(out / "couplings.csv", theory.couplings)
    tables = ["nats.csv", "patterns.csv", "couplings.csv"]
    for name, table in (("missing.csv", found.missing), (INTERACTIONS, _pairs(found, truth))):
        if table is not None:
            write_csv(out / name, table)
            tables.append(name)
    save(found, out)
    page = report(found, out / "report.html", arguments.baselines, arguments.typed, truth)
    print(f"wrote {page}\nand beside it {', '.join(tables)}, law.json, models/")
    return found


def _pairs(found: Fit, truth: System | None) -> DataFrame | None:
    """Effective couplings of all pairs, of laws that have any."""
    pairs = found.interactions(truth)
    return None if pairs is None else pairs.to_frame()


def _teller(data: Configurations, arguments: Namespace) -> Callable[[Step], None]:
    """What says how long it takes, then every law as it is scored, with the time left."""
    from mfvae.analysis.begin import SHARE, begin
    from mfvae.analysis.climb import numbers_of
    from mfvae.analysis.diagnosis import shown, signed
    from mfvae.analysis.ladder import HIDDEN
    from mfvae.analysis.pace import Pace, in_words

    numbers_of(arguments.latents)
    settings = (arguments.holdout, SHARE, arguments.seed, arguments.epochs, HIDDEN)
    begun = begin(data, *settings, None, arguments.device)
    pace = Pace.probed(begun.ladder, arguments.latents)
    print(
        f"Training takes about {in_words(pace.least())}, up to {in_words(pace.longest())} if every "
        f"number of latents up to {arguments.latents} helps; a second call goes on from what is there."
    )
    print(f"\n{'law':24}{'held-out nats a row':>22}   gain, row by row", flush=True)

    def tell(step: Step) -> None:
        left = pace.after(step)
        line = f"{step.law.name:24}{shown(step.nats):>22}"
        if step.gain is not None and step.before is not None:
            line += f"   {signed(step.gain)} over {step.before.name}"
        if step.law.seconds:
            line += f" ({in_words(step.law.seconds)}; about {in_words(left)} left)"
        print(line, flush=True)

    return tell


def _impute(arguments: Namespace) -> None:
    import numpy as np

    from mfvae.analysis.store import load_model

    _check_writable("out", arguments.out)
    law = load_model(arguments.fit)
    arguments.missing = arguments.missing or ["allow"]
    data = loaded(arguments, constant_sites="keep", site=law.family.name)
    if data.array.ndim > 2 and arguments.out.suffix == ".csv":
        raise InputError("out", str(arguments.out), "sites with components need .npz or .npy")
    read = data.record["values"] | {"states": data.record.get("states")}
    for name in ("plus", "minus", "states"):
        found, known = read.get(name), law.values.get(name)
        if found != known:
            allowed = f"the model reads {known} as {name}, and this file has {found} there"
            raise InputError("values", found, allowed)
    names = [data.name_of(site) for site in range(data.n_sites)]
    absent = [name for name in law.site_names if name not in names]
    if absent:
        raise InputError("fit", str(arguments.fit), f"the file has no site {absent[0]!r}, the model has")
    places = [names.index(name) for name in law.site_names]
    observed = np.ones(data.array.shape[:2], bool) if data.observed is None else data.observed
    x, seen = data.array[:, places], observed[:, places]
    filled = law.impute(x, seen, draw=arguments.draw, seed=arguments.seed)
    if law.family.name == SPIN:
        filled = (filled + 1) / 2
    if states := law.values.get("states"):
        filled = np.array(states)[filled]
    _write_array(arguments.out, filled, law.site_names)
    number, what = int((~seen).sum()), _filled_with(law, arguments.draw)
    print(f"wrote {arguments.out}: {len(filled)} rows of {law.n_sites} sites, {number} filled ({what})")
    if aside := len(names) - law.n_sites:
        print(f"{aside} sites of the file are not in the model and were left out")


def _filled_with(law: FittedLaw, draw: bool) -> str:
    """What stands in a table whose gaps were filled, in words."""
    if law.family.name == SPIN:
        plus = law.values.get("plus", "+1")
        if draw:
            return f"0 or 1, 1 for {plus}, drawn in gaps"
        return f"0 or 1 where observed, 1 for {plus}; else the probability of {plus}"
    if draw:
        return "draws in gaps"
    if law.family.name.startswith(POTTS):
        return "the most probable states in gaps"
    return "means in gaps" if law.family.dim == 1 else "the directions of means in gaps"


def _compare(arguments: Namespace) -> None:
    from mfvae.analysis.judging import judge_draws
    from mfvae.analysis.reproduction import compare

    data = loaded(arguments, constant_sites="keep")
    arguments.file = arguments.draws
    draws = _loaded_draws(arguments)
    found = compare(data, draws)
    print(judge_draws(data, draws, arguments.seed).summary())
    print("\nBelow, held-out rows are every other row of the data, and training rows are the rest:")
    print(found.summary())


def _loaded_draws(arguments: Namespace) -> Configurations:
    """Draws are read as the data are, but need neither groups nor a split."""
    try:
        return loaded(arguments, constant_sites="keep")
    except InputError as error:
        if error.field not in ("groups", "split"):
            raise
    return loaded(arguments, constant_sites="keep", groups=None, split=None)


def _config(arguments: Namespace) -> None:
    import yaml

    from mfvae.workflow.files.atomic import write_text
    from mfvae.workflow.settings.dataset import DatasetSettings

    name = _name_of(arguments)
    block = _block(arguments)
    data = loaded(arguments)
    if data.site != SPIN:
        block["site"] = data.site
    DatasetSettings.model_validate(block)
    about = "".join(f"# {line}\n" for line in data.describe().splitlines())
    text = about + yaml.safe_dump({"datasets": {name: block}}, sort_keys=False, allow_unicode=True)
    if arguments.out is None:
        print(text, end="")
        return
    write_text(arguments.out, text)
    print(f"wrote {arguments.out}: snakemake --configfile {shlex.quote(str(arguments.out))}")


def _name_of(arguments: Namespace) -> str:
    """What the workflow calls the data set: small letters, digits and _."""
    if arguments.name is not None:
        if not re.fullmatch("[a-z][a-z0-9_]*", arguments.name):
            raise InputError("name", arguments.name, "small letters, digits and _ are needed")
        return str(arguments.name)
    stem = re.sub(r"\W+", "_", arguments.file.stem.lower(), flags=re.ASCII).strip("_")
    return stem if stem[:1].isalpha() else f"data_{stem}"


def _block(arguments: Namespace) -> dict[str, Any]:
    """The options as keys of the workflow's configuration, which has fewer."""
    for name in NOT_IN_WORKFLOW:
        if getattr(arguments, name) is not None:
            allowed = "the workflow has no key for it: write rows × sites into a file of their own first"
            raise InputError(name, getattr(arguments, name), allowed)
    if not (site := site_of(arguments)).startswith((SPIN, POTTS)):
        raise InputError("site", site, f"{SPIN} and {POTTS} alone are possible in the workflow")
    options = options_of(arguments)
    known = {name: one for name, one in options.items() if one is not None and one is not False}
    reader = {name: known[name] for name in ("key", "axes", "format") if name in known}
    others = ("values", "threshold", "bin_s", "clip", "missing")
    block: dict[str, Any] = {"file": str(arguments.file)} | ({"reader": reader} if reader else {})
    return block | {name: known[name] for name in others if name in known}


def _paper(arguments: Namespace) -> int:
    """Run Snakemake in a clone, the working folder or the one that this library is in."""
    places = [Path.cwd(), Path(mfvae.__file__).resolve().parents[1]]
    clone = next((place for place in places if (place / "Snakefile").is_file()), None)
    if clone is None:
        allowed = "a clone of mfvae is needed, with its Snakefile: git clone it and call this in it"
        raise InputError("folder", str(places[0]), allowed)
    words = [sys.executable, "-m", "snakemake", "--cores", str(arguments.cores or "all")]
    words += ["--configfile", "config/smoke.yaml"] if arguments.smoke else []
    words += ["--dry-run"] if arguments.dry_run else []
    print(f"in {clone}: {shlex.join(['snakemake', *words[3:]])}", flush=True)
    return subprocess.run(words, cwd=clone, check=False).returncode


def _sample(arguments: Namespace) -> None:
    from mfvae.random import generator
    from mfvae.systems import build, system_class

    output: Path = arguments.output
    _check_writable("output", output)
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


def _check_writable(option: str, path: Path) -> None:
    if path.suffix not in WRITABLE:
        raise InputError(option, str(path), f"a file that ends with {', '.join(WRITABLE)} is needed")


def _write_array(path: Path, x: Any, names: Sequence[str] | None = None) -> None:
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
        columns = names or [f"site_{i + 1}" for i in range(x.shape[1])]
        write_csv(path, pd.DataFrame(x, columns=list(columns)))


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
    fit = _analysed(data, arguments, system)
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
