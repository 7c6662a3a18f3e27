"""What a run of the workflow costs: computing, starts of Python with imports, and Snakemake itself.

``python -m benchmarks.workflow_cost`` after a whole run in an empty folder. CPU seconds of all jobs and
of Snakemake are those of their processes, as the run recorded them (mfvae/workflow/run.py). A start is
the CPU time of ``python scripts/FOLDER/SCRIPT.py --help``, the median of several; modules that a script
imports only where it needs them count as computing. How many jobs each script has is read off the plan.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd

from mfvae.workflow.files.atomic import write_text
from mfvae.workflow.reproduce.against_expected import markdown

ROOT = Path(__file__).parents[1]
RULE = re.compile(
    r"^(?:rule|use rule (?P<base>\w+) as) (?P<rule>\w+)(?: with)?:\n(?P<body>(?:(?!^\S).*\n)*)",
    flags=re.MULTILINE,
)
PROGRAM = re.compile(r'program\(\s*"([\w/]+\.py)"')
PLAN = re.compile(r"^(\w+) +(\d+)$", flags=re.MULTILINE)
WANTED = 0.2  # at most, of starts and Snakemake together


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a whole run."""

    jobs: float  # of all their processes
    snakemake: float
    starts: Mapping[str, float]  # of one start of every script
    counts: Mapping[str, int]  # how many jobs it has

    @property
    def starting(self) -> float:
        return sum(self.counts[script] * self.starts[script] for script in self.counts)

    @property
    def overhead(self) -> float:
        """Share of starts and Snakemake."""
        return (self.starting + self.snakemake) / (self.jobs + self.snakemake)


def scripts_of_rules() -> dict[str, str]:
    """Rule → script."""
    scripts: dict[str, str] = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for found in RULE.finditer(path.read_text()):
            if called := PROGRAM.search(found["body"]):
                scripts[found["rule"]] = called[1]
            elif found["base"] in scripts:  # of which the rule is a variant
                scripts[found["rule"]] = scripts[found["base"]]
    return scripts


def planned(output: str, scripts: Mapping[str, str]) -> Counter[str]:
    """Script → number of jobs, from what a dry run prints, at its start and again at its end."""
    counts: Counter[str] = Counter()
    _, plan, *_ = output.split("Job stats:")
    for rule, number in PLAN.findall(plan):
        if rule in scripts:
            counts[scripts[rule]] += int(number)
    return counts


def plan(configfiles: Sequence[str]) -> str:
    """What a dry run of everything prints."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--dry-run",
        "--forceall",
        "--configfile",
        *configfiles,
    ]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def start(script: str) -> float:
    """CPU seconds of one start of a script, its imports included."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = spent()
    command = [sys.executable, str(ROOT / "scripts" / script), "--help"]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return spent() - before


def table(cost: Cost) -> str:
    """Markdown: the three parts, then the scripts whose starts cost most."""
    total = cost.jobs + cost.snakemake
    parts = {
        "computing": cost.jobs - cost.starting,
        "starts of Python with imports": cost.starting,
        "Snakemake": cost.snakemake,
        "starts and Snakemake": cost.starting + cost.snakemake,
    }
    rows = [(name, f"{value:.0f}", f"{100 * value / total:.1f} %") for name, value in parts.items()]
    dearest = sorted(cost.counts, key=lambda script: -cost.counts[script] * cost.starts[script])
    of_scripts = [
        (
            script,
            str(n := cost.counts[script]),
            f"{cost.starts[script]:.2f}",
            f"{n * cost.starts[script]:.0f}",
        )
        for script in dearest
    ]
    return "\n\n".join(
        [
            markdown(("part", "CPU s", "share"), rows),
            f"Wanted of starts and Snakemake together: at most {100 * WANTED:.0f} %.",
            markdown(("script", "jobs", "CPU s of a start", "of all"), of_scripts),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workflow_cost", description=__doc__)
    parser.add_argument("--results", default="results", help="of a whole run")
    parser.add_argument("--configfile", nargs="+", default=["config/config.yaml"], help="of that run")
    parser.add_argument("--repeats", type=int, default=3, help="starts of every script")
    parser.add_argument("--output", default="results/workflow_cost.md")
    arguments = parser.parse_args()
    runs = pd.read_csv(Path(arguments.results) / "benchmarks" / "runs.tsv", sep="\t")
    counts = planned(plan(arguments.configfile), scripts_of_rules())
    starts = {script: median(start(script) for _ in range(arguments.repeats)) for script in counts}
    cost = Cost(runs["jobs_cpu_s"].sum(), runs["snakemake_cpu_s"].sum(), starts, counts)
    report = f"# Cost of the workflow\n\n{table(cost)}\n"
    write_text(arguments.output, report)
    print(report)


if __name__ == "__main__":
    main()
