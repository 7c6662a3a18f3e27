"""A stand-in for conda: an environment is a fresh virtual one with its pins and nothing else.

It answers what Snakemake asks of conda and installs the pip section of an environment with the hashes of
the lock. The pins must hold everything, since dependencies are not followed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
ACTIVATE = 'test -x "$1/bin/python" || exit 1; export PATH="$1/bin:$PATH"\n'
PACKAGE = re.compile(r"^([a-z0-9-]+)==\S+.*\n(?:    --hash.*\n)+", flags=re.MULTILINE)


def install_stand_in(prefix: Path) -> Path:
    """``conda`` and ``activate`` below a folder; returns the one for PATH."""
    programs = prefix / "bin"
    programs.mkdir(parents=True)
    conda = programs / "conda"
    conda.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "{prefix}" "$@"\n')
    conda.chmod(0o755)
    (programs / "activate").write_text(ACTIVATE)
    return programs


def locked(names: set[str]) -> str:
    """Lines of the lock that is installed here, for these packages; of several pip takes what fits."""
    lock = "requirements.lock" if "+cpu" in version("torch") else "requirements-pypi.lock"
    found = PACKAGE.finditer((ROOT / lock).read_text())
    return "".join(match[0] for match in found if match[1] in names)


def create(file: Path, prefix: Path) -> None:
    """The environment that a file describes."""
    *_, pip = yaml.safe_load(file.read_text())["dependencies"]
    names = {pin.split("==")[0] for pin in pip["pip"]}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    lock = prefix / "requirements.lock"
    lock.write_text(locked(names))
    install = ["install", "--quiet", "--no-compile", "--no-deps", "--require-hashes", "-r", lock]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", prefix / "bin/python", *install], check=True
    )


def main() -> None:
    prefix, *words = sys.argv[1:]
    if words == ["--version"]:
        print("conda 25.1.0")
    elif words == ["info", "--json"]:
        print(json.dumps({"conda_prefix": prefix, "platform": "linux-64"}))
    elif words[:2] == ["config", "--get"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif words[:1] == ["clean"]:
        pass  # nothing is kept that could be
    elif words[:2] == ["env", "create"]:
        parser = ArgumentParser()
        parser.add_argument("--file", type=Path)
        parser.add_argument("--prefix", type=Path)
        arguments, _ = parser.parse_known_args(words)
        create(arguments.file, arguments.prefix)
    else:
        sys.exit(f"no stand-in for conda {' '.join(words)}")


if __name__ == "__main__":
    main()
