"""Published data sets by name: found in the folder of ``MFVAE_DATA``, or downloaded and checked.

Nothing is distributed with the library: every file stays under the terms of those whose data it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mfvae.data.configurations import Configurations
from mfvae.data.download import NotToBeHad, download
from mfvae.data.loader import load
from mfvae.data.sources import find, sha256_of
from mfvae.errors import InputError

CACHE_VARIABLE = "MFVAE_CACHE"


@dataclass(frozen=True)
class File:
    """A file that is published.

    Attributes
    ----------
    path : str
        Its name, or the end of its path, in a folder of local copies.
    url : str
        Where it is downloaded from.
    sha256 : str
        Of its content; no other is taken.
    """

    path: str
    url: str
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """What is known of a published data set.

    Attributes
    ----------
    about : str
        What it is, in a sentence.
    cite : str
        Whom to cite.
    files : mapping of str to File
        One named ``""``, or those for ``train``, ``valid`` and ``test``.
    reading : mapping
        Options of ``mfvae.load``.
    """

    about: str
    cite: str
    files: Mapping[str, File]
    reading: Mapping[str, Any] = field(default_factory=dict)


RAW = "https://raw.githubusercontent.com"
DEBD = f"{RAW}/arranger1044/DEBD/850908666388f1b1c766a304b37dae14613f1e51/datasets"
RETINA = f"{RAW}/jlnatal/CGProj/f96c2188e636a3466df61281e2b38894f3e11d31"
SPIKE_GAN = f"{RAW}/manuelmolano/Spike-GAN/0d444c37fd13100d293ec2268f44e8aefce7f97d/data/retinal%20data"
GPIRT = f"{RAW}/yahoochen97/GPIRT/87570b4fe295699e4bfe33dd52d5679e9e1e5fe4/data"
ARDCA = f"{RAW}/pagnani/ArDCA.jl/713c6c7216c52f38c948e3e570d20901fc1afd3a/data"
BENCHMARK = {  # name: sites, sha256 of the rows for training, validation and test
    "nltcs": (
        16,
        "e547a7aedad1dd2f7177030881ab1b92c7e24ae5464c71a0f1f89daecaf52b30",
        "93bbbf5c6febdc9bc6e5b5bfab636f4dc0685ab2896d24b23dd267794c3bfcf6",
        "f9ffa6b74b27dc03bee3203d157ee31079e80b13be40d0c0093d635c25aed523",
    ),
    "plants": (
        69,
        "1fb1219ff94068d12a563f9e81f8889a1885f41e867884cff608669300c6848f",
        "47834ed318b2d74f48e4b083226ef47fd446d41986012ceae19d230574821b34",
        "95f53c033cd1d86467aec2610dc5bfe014534206c2da4919f73bcab246ab8755",
    ),
    "jester": (
        100,
        "dd93578c3359d5b234bb278bf0901c5215d83b910f7d51d7c91951a0a4c244cd",
        "91df833941e189265345898d3f63211560c2456df599f34beee8e95381ee7524",
        "346044fb561cf18f284f7e9d5896178b03048991b6ebb6f7482885fccbc16082",
    ),
    "bnetflix": (
        100,
        "73c87cf0635ec734cc0726a5c644b904ff33e81ea51f1049db0e77b787ebad7c",
        "7f0a3e597c6f305f707f9ecd2b2aa523c576cdb17fdc5d902fc832ebea5163de",
        "af73990782fd2f146d96059855c4f3bbb6a7a7caefc417ff620a3ed1415a2395",
    ),
    "accidents": (
        111,
        "a76648cf00772c275b4277b21d858e235e3c6d3c5ef30beeb4958189b6bed21c",
        "fd3a80a0f411f157cf3772a057d26980bb166cb89b10cafb818a53f1ec30d46d",
        "df3f1b6c035bf3e306a7d7127320e479d2546ce14a5d6d3043e6be0925b8b414",
    ),
}


def _benchmark(name: str, n_sites: int, *digests: str) -> Dataset:
    parts = dict(zip(("train", "valid", "test"), digests, strict=True))
    files = {
        part: File(f"debd/{name}.{part}.data", f"{DEBD}/{name}/{name}.{part}.data", digest)
        for part, digest in parts.items()
    }
    about = f"{name}, {n_sites} binary variables: a density-estimation benchmark with fixed splits"
    return Dataset(about, "Lowd & Davis, ICDM 2010; Van Haaren & Davis, AAAI 2012", files)


DATASETS: dict[str, Dataset] = {
    "retina": Dataset(
        "160 ganglion cells of a salamander retina, 297 repeats of a movie in 953 bins of 20 ms",
        "Marre, Tkačik, Amodei, Schneidman, Bialek & Berry, IST Austria data record 5562, "
        "doi:10.15479/AT:ISTA:61",
        {
            "": File(
                "bint_fishmovie32_100.mat",
                f"{RETINA}/bint_fishmovie32_100.mat",
                "50fa85a05950b76033809c8468f70c91fcd0c76d04587a685c1b76085f7f4dae",
            )
        },
        {
            "key": "bint",
            "axes": "repeats neurons bins",
            "units": {"site": "neuron", "row": "bin of 20 ms", "group": "repeat", "value": "spike"},
        },
    ),
    "retina50": Dataset(
        "50 cells of that recording, 283,041 bins, repeat after repeat of 953",
        "Molano-Mazón et al., ICLR 2018; Marre et al., doi:10.15479/AT:ISTA:61",
        {
            "": File(
                "retina50/original_data_num_neurons_50_1.mat",
                f"{SPIKE_GAN}/original_data_num_neurons_50_1.mat",
                "0af6b78a6b371b5f65b393aa3d5867d3d40628a53b469237bf009b45a0d3dcbb",
            )
        },
        {"key": "data", "groups": 953, "units": {"site": "neuron", "value": "spike"}},
    ),
    "senate": Dataset(
        "720 roll calls of the 116th Senate of the United States, 103 senators; 8 % of the votes lack",
        "Voteview (Lewis, Poole, Rosenthal, Boche, Rudkin & Sonnet)",
        {
            "": File(
                "senate/S116_votes.csv",
                f"{GPIRT}/S116_votes.csv",
                "f93a4be5ef69be5acd6a597b511e5452dbba2d4b0c3efe4a48851230c285b010",
            )
        },
        {
            "long": ("rollnumber", "icpsr", "cast_code"),
            "values": (6, 1),  # nay, yea
            "missing": (0, 7, 9),  # not a member, present, absent
            "units": {"site": "senator", "row": "roll call", "value": "yea"},
        },
    ),
    "kunitz": Dataset(
        "13,600 aligned sequences of a protein family, PF00014, at 53 positions",
        "Pfam (Mistry et al., Nucleic Acids Res. 49, D412, 2021); Trinquier et al., Nat. Commun. 12, "
        "5800 (2021)",
        {
            "": File(
                "msa/PF00014_mgap6.fasta.gz",
                f"{ARDCA}/PF14/PF00014_mgap6.fasta.gz",
                "0030fb725b60f7f9b1d1acb7500d4ca080dc3b9c792687c554c246d14b06e322",
            )
        },
        {"site": "potts", "units": {"site": "position", "row": "sequence"}},
    ),
    **{name: _benchmark(name, *known) for name, known in BENCHMARK.items()},
}


def names() -> tuple[str, ...]:
    """Names of the data sets.

    Examples
    --------
    >>> "nltcs" in names()
    True
    """
    return tuple(DATASETS)


def describe(name: str) -> str:
    """What a data set is, and whom to cite; raises InputError for a name that is not known.

    Examples
    --------
    >>> describe("nltcs").splitlines()[1]
    'Cite: Lowd & Davis, ICDM 2010; Van Haaren & Davis, AAAI 2012.'
    """
    found = _known(name)
    return f"{found.about}.\nCite: {found.cite}."


def fetch(name: str, folder: str | Path | None = None) -> Configurations:
    """Load a published data set.

    Parameters
    ----------
    name : str
        One of ``names()``.
    folder : path, optional
        Where files are kept that had to be downloaded: ``MFVAE_CACHE``, or ``mfvae`` in the user's cache
        without it. Local copies in the folder of ``MFVAE_DATA`` come first.

    Returns
    -------
    Configurations
        Of the split that the publication fixes, where it does.

    Raises
    ------
    InputError
        For a name that is not known, a file that cannot be had, or one with another content.

    Examples
    --------
    >>> fetch("iris")
    Traceback (most recent call last):
    mfvae.errors.InputError: name = 'iris': one of retina, retina50, senate, kunitz, nltcs, plants, \
jester, bnetflix, accidents is needed
    """
    found = _known(name)
    place = _cache() if folder is None else Path(folder)
    paths = {part: _obtain(name, file, place) for part, file in found.files.items()}
    source: Any = paths.get("", paths)
    format = "csv" if "" not in paths else None
    return load(source, format=format, **found.reading)


def _known(name: str) -> Dataset:
    if name not in DATASETS:
        raise InputError("name", name, f"one of {', '.join(DATASETS)} is needed")
    return DATASETS[name]


def _cache() -> Path:
    """Where downloads are kept, also where the environment has no home."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    try:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    except RuntimeError:  # nobody's home
        home = tempfile.gettempdir()
    return Path(home) / "mfvae"


def _obtain(name: str, file: File, cache: Path) -> Path:
    """A file with the right content: a local copy, one downloaded before, or downloaded now."""
    if (local := find(file.path, file.sha256)) is not None:
        return local
    kept = cache / file.path
    if kept.is_file() and sha256_of(kept) == file.sha256:
        return kept
    try:
        download([file.url], file.sha256, kept)
    except NotToBeHad as error:
        how = f"put {file.path} into the folder that MFVAE_DATA names"
        raise InputError("name", name, f"{error} cannot be had: {how}") from error
    return kept
