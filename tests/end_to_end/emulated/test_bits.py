"""The promise of ``make BITS=portable``: trainings on an emulated processor end with this one's bits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

from tests.helpers.paths import ROOT

EMULATOR = "qemu-x86_64"
PROCESSORS = ("Haswell", "EPYC")  # of two makers, whose libraries choose different instructions
SETTINGS = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
TRAININGS = ROOT / "tests/helpers/trainings_to_digest.py"


@pytest.fixture(scope="module", autouse=True)
def _emulator() -> None:
    """Where there is none that is said, and is an error if one was asked for."""
    if shutil.which(EMULATOR) is None:
        refuse = pytest.fail if os.environ.get("MFVAE_EMULATOR") else pytest.skip
        refuse(f"no other processor is emulated: {EMULATOR} is not installed")


def portable() -> dict[str, str]:
    """What ``make`` sets for portable bits."""
    show = ["make", "--no-print-directory", "BITS=portable", "--eval=settings: ; @env", "settings"]
    lines = subprocess.run(
        show, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    found = dict(line.split("=", 1) for line in lines if line.split("=")[0] in SETTINGS)
    assert found.keys() == set(SETTINGS)
    return found


def digests(*emulator: str, **settings: str) -> list[str]:
    """A line for every training, on this processor or an emulated one."""
    python = os.path.realpath(sys.executable)  # the emulator starts no links of a virtual environment
    paths = f"{ROOT}{os.pathsep}{sysconfig.get_paths()['purelib']}"
    environment = {**os.environ, **settings, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    words = [*emulator, python, str(TRAININGS)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("processor", PROCESSORS)
def test_another_processor_ends_trainings_with_the_same_bits(processor):
    assert digests(EMULATOR, "-cpu", processor, **portable()) == digests(**portable())


@pytest.mark.slow
def test_twin_without_the_settings_bits_differ():
    """On processors whose instructions go beyond AVX2, or of another maker than the emulated one."""
    assert digests(ATEN_CPU_CAPABILITY="default") != digests(**portable())
