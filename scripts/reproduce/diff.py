"""Compare the tables of two results folders value by value; status 1 and a line for each that differs.

Status 1 as well where a table is in one folder alone, or none in both.
Logs, benchmarks, times spent, drawings and provenance are left out.
"""

import sys
from pathlib import Path
from typing import Annotated

from mfvae.workflow.cli import run
from mfvae.workflow.reproduce.diff import differences, tables


def main(
    one: Annotated[Path, "folder of results"],
    other: Annotated[Path, "folder of another run's results"],
    /,
    *,
    only_shared: Annotated[bool, "do not ask for the same files in both"] = False,
) -> None:
    shared = tables(one) & tables(other)
    found = dict(differences(one, other))
    alone = [] if only_shared else [name for name in found if name not in shared]
    differing = [name for name in found if name in shared]
    for name in sorted([*alone, *differing]):
        print(f"{name}: {found[name]}")
    counts = f"of {len(shared)} tables in both folders {len(differing)} differ"
    if not only_shared:
        counts += f"; {len(alone)} are in one folder alone"
    if alone or differing or not shared:
        sys.exit(f"error: {counts}")
    print(counts)


if __name__ == "__main__":
    run(main)
