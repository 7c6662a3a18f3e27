"""What a user reads of data that were loaded, made of the record alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMED = 8  # sites in a line


def lines_of(record: Mapping[str, Any]) -> list[str]:
    """A record of ``load`` in words, a fact a line."""
    lines = [_source(record), _axes(record)] if "source" in record else ["rows that were not loaded"]
    units = record.get("units", {})
    value = units.get("value", "one")
    values = record.get("values", {})
    if "plus" in values:
        share = f", {_percent(record['share_of_ones'])} of all" if "share_of_ones" in record else ""
        found = f"values {values['found']}: {values['plus']} is +1 ({value}), {values['minus']} is −1"
        lines.append(found + share)
    if states := record.get("states"):
        shown = ", ".join(map(str, states[:NAMED])) + (", …" if len(states) > NAMED else "")
        lines.append(f"states: {len(states)} ({shown}), numbered from 0 in this order")
    if groups := record.get("groups"):
        fewest, most = groups["fewest_rows"], groups["most_rows"]
        rows = str(most) if fewest == most else f"{fewest} to {most}"
        lines.append(f"groups: {groups['number']}, of {rows} rows each")
    if weights := record.get("weights"):
        total, effective = (f"{weights[name]:.6g}" for name in ("sum", "effective"))
        lines.append(f"weights: their sum is {total}; errors are those of {effective} rows")
    missing = record.get("missing")
    lines.append(_missing(missing) if missing else "missing: none")
    if clipped := record.get("clipped"):
        lines.append(
            f"clipped: {clipped['entries']} counts above 1 ({_percent(clipped['share'])}), "
            f"which loses {clipped['counts']}"
        )
    if chosen := record.get("chosen_units"):
        lines.append(f"units: {chosen['chosen']} of {chosen['in_file']} in the file")
    if spikes := record.get("spikes"):
        lines.append(_spikes(spikes))
    for among, rows in (("all rows", ""), ("some rows", " in the rows for training")):
        aside = [one["name"] for one in record.get("constant_sites", ()) if one["among"] == among]
        if aside:
            names = ", ".join(aside[:NAMED]) + (", …" if len(aside) > NAMED else "")
            lines.append(f"set aside, as they never change{rows}: {len(aside)} sites ({names})")
    if drift := record.get("drift"):
        lines.append(_drift(drift, record))
    lines += record.get("notices", [])
    return lines


def _source(record: Mapping[str, Any]) -> str:
    key = f", {record['key']}" if "key" in record else ""
    return f"{record['source']}{key}: {record.get('type_in_file', '')}".rstrip(": ")


def _axes(record: Mapping[str, Any]) -> str:
    lengths = " × ".join(map(str, record["shape_in_file"]))
    names = " × ".join(record["axes"]["names"]) if "axes" in record else ""
    if "long" in record:
        names, lengths = ", ".join(record["long"]), f"{record['shape_in_file'][0]} entries"
    shape = f"{record['n_rows']} rows of {record['n_sites']} sites" if "n_rows" in record else ""
    return f"{lengths} = {names} ({record['axes']['from']}); {shape}"


def _spikes(spikes: Mapping[str, Any]) -> str:
    """What became of every spike."""
    line = f"spikes: {spikes['in']} in bins of {spikes['bin_s']:g} s from {spikes['start_s']:g} s on"
    if "out" in spikes:
        line += f", {spikes['out']} are kept, {spikes['clipped']} clipped"
    return line + f", {spikes['outside']} outside of all bins"


def _drift(drift: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """First against last third, with what that difference may be by chance."""
    spin = record.get("site", "spin") == "spin"
    first, last, stderr = (
        _percent(drift[name]) if spin else f"{drift[name]:.3g}" for name in ("first", "last", "stderr")
    )
    what = "ones" if spin else "mean"
    line = f"drift: {what} {first} in the first third, {last} in the last (± {stderr})"
    if drift["sites"]:
        line += f"; {drift['sites']} of {record['n_sites']} sites changed, {drift['most']} most"
    return line


def _missing(missing: Mapping[str, Any]) -> str:
    named = f", {', '.join(map(str, missing['values']))} among them" if missing["values"] else ""
    return f"missing: {missing['entries']} entries, {_percent(missing['share'])}{named}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
