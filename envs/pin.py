"""Set every version in envs/*.yaml to the one in requirements.lock: python envs/pin.py."""

import re
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parent
PYTHON = {"python_version": "3.11", "python_full_version": "3.11.0"}  # of the environments


def locked_versions(lock: str) -> dict[str, str]:
    """name → version of every package that a lock installs on the environments' Python.

    Local parts such as +cpu are left out: they name a build, not a version.
    """
    versions = {}
    for line in re.findall(r"^[a-z0-9-]+==[^\\\n]+", lock, flags=re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(PYTHON):
            versions[requirement.name] = str(requirement.specifier).removeprefix("==").split("+")[0]
    return versions


def main() -> None:
    versions = locked_versions((HERE.parent / "requirements.lock").read_text())
    for path in sorted(HERE.glob("*.yaml")):
        pinned = re.sub(
            r"- ([a-z0-9-]+)==\S+", lambda pin: f"- {pin[1]}=={versions[pin[1]]}", path.read_text()
        )
        path.write_text(pinned)


if __name__ == "__main__":
    main()
