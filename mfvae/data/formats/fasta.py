"""Aligned sequences in FASTA files, as they are or compressed by gzip.

How letters are read, of which the record says what applied:

- Lines of one sequence are joined, whatever ends them; empty lines and lines of comments (``;``) do not
  count. Names are the first words behind ``>``; names that come again are kept, with a notice.
- Lower-case letters and dots are insertions relative to a profile, as in the files of Pfam and of
  HHsuite (a2m, a3m), and are left out, where there are dots or sequences of different length. Otherwise
  lower case is a mask, and read as upper case.
- ``-`` is a state of its own, the last one; ``missing=["-"]`` takes gaps for not observed.
- B, Z, X, J, O, U and ``*``, of nucleotides N and the other letters of IUPAC for several of them, stand
  for no residue of the alphabet: they are missing, which ``missing="allow"`` has to permit.
- The alphabet is that of nucleotides, ``ACGT`` with U read as T, where no other letters occur, and that
  of the 20 amino acids otherwise.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mfvae.data.formats.raw import Options, Raw
from mfvae.errors import InputError

GZIP = b"\x1f\x8b"
GAP = "-"
AMINO_ACIDS, UNCERTAIN_AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY", "BJOUXZ*"
NUCLEOTIDES, UNCERTAIN_NUCLEOTIDES = "ACGT", "BDHKMNRSVWY"
NO_LETTER, UNKNOWN = -1, -2


def read_fasta(path: Path, options: Options) -> Raw:
    """The alignment in a file: places of letters in the alphabet, int8 (B, N), −1 where uncertain.

    Raises InputError for a file that is no FASTA, sequences of different length and letters outside of
    the alphabet.
    """
    if options.key is not None:
        raise InputError("key", options.key, "a FASTA file has one alignment")
    names, sequences = _sequences(_text(path), path)
    sequences, case = _without_insertions(sequences)
    lengths = [len(sequence) for sequence in sequences]
    for name, length in zip(names, lengths, strict=True):
        if length != lengths[0] or not length:
            allowed = f"aligned sequences are needed: {names[0]} has {lengths[0]} columns, this {length}"
            raise InputError("sequence", name, allowed)
    letters = np.frombuffer("".join(sequences).encode("latin-1"), dtype=np.uint8)
    letters = letters.reshape(len(sequences), -1)
    alphabet, uncertain = _alphabet(letters)
    codes = _codes(letters, alphabet, uncertain, names)
    raw = Raw(codes, list(alphabet), alphabet=tuple(alphabet), axes="rows sites")
    raw.row_names = tuple(names)
    raw.record = {
        "shape_in_file": list(codes.shape),
        "type_in_file": "nucleotides" if alphabet[:-1] == NUCLEOTIDES else "amino acids",
        "lower_case": case,
        "uncertain_letters": int((codes == NO_LETTER).sum()),
    }
    if twice := len(names) - len(set(names)):
        raw.record["notices"] = [f"names: {twice} sequences have a name that was there before"]
    return raw


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        if content[:2] == GZIP:
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError("file", str(path), f"a whole FASTA file is needed ({error})") from error


def _sequences(text: str, path: Path) -> tuple[list[str], list[str]]:
    """Names and sequences, in the order of the file."""
    names: list[str] = []
    parts: list[list[str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith(";"):
            continue
        if line.startswith(">"):
            names.append((line[1:].split() or [str(len(names))])[0])
            parts.append([])
        elif parts:
            parts[-1].append("".join(line.split()))
        else:
            raise InputError("file", str(path), f"line {number} must begin with '>', as a name does")
    if not names:
        raise InputError("file", str(path), "one sequence at least is needed, there is none")
    return names, ["".join(part) for part in parts]


def _without_insertions(sequences: Sequence[str]) -> tuple[list[str], str]:
    """Sequences in upper case, and what was done with lower case."""
    whole = "".join(sequences)
    inserted = "." in whole or len({len(sequence) for sequence in sequences}) > 1
    if not inserted:
        return [one.upper() for one in sequences], "none" if whole.upper() == whole else "upper case"
    removed = {ord(letter): None for letter in set(whole) if letter.islower() or letter == "."}
    return [one.translate(removed) for one in sequences], "insertions, left out" if removed else "none"


def _alphabet(letters: np.ndarray) -> tuple[str, str]:
    """Letters of states with the gap last, and letters that stand for none of them."""
    present = {chr(byte) for byte in np.unique(letters)}
    if present <= {*NUCLEOTIDES, "U", "N", GAP}:
        return NUCLEOTIDES + GAP, UNCERTAIN_NUCLEOTIDES
    return AMINO_ACIDS + GAP, UNCERTAIN_AMINO_ACIDS


def _codes(letters: np.ndarray, alphabet: str, uncertain: str, names: Sequence[str]) -> np.ndarray:
    place = np.full(256, UNKNOWN, dtype=np.int8)
    for letter in uncertain:
        place[ord(letter)] = NO_LETTER
    for state, letter in enumerate(alphabet):
        place[ord(letter)] = state
    if alphabet[:-1] == NUCLEOTIDES:
        place[ord("U")] = place[ord("T")]
    codes = place[letters]
    if (codes == UNKNOWN).any():
        row, column = np.argwhere(codes == UNKNOWN)[0].tolist()
        letter, number = chr(letters[row, column]), int((codes == UNKNOWN).sum())
        where = f"in sequence {names[row]} at column {column}"
        raise InputError(
            "letter", letter, f"letters of {alphabet} are needed; {number} are none, {where}"
        )
    return codes
