"""Set every version in envs/*.yaml to the one in requirements.lock: python envs/pin.py."""

import re
from pathlib import Path

HERE = Path(__file__).parent


def locked_versions(lock: str) -> dict[str, str]:
    """name → version of every package in a lock, without local parts such as +cpu."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s+;]+)", lock, flags=re.MULTILINE))


def main() -> None:
    versions = locked_versions((HERE.parent / "requirements.lock").read_text())
    for path in sorted(HERE.glob("*.yaml")):
        text = path.read_text()
        path.write_text(
            re.sub(r"- ([a-z0-9-]+)==\S+", lambda pin: f"- {pin[1]}=={versions[pin[1]]}", text)
        )


if __name__ == "__main__":
    main()
