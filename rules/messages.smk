# What a run says at its end.


def show_headlines():
    """After a successful run: the headline numbers beside their exact values."""
    metrics = Path(workflow.pathvars.apply("<results>/metrics.json"))
    if metrics.exists():
        print(f"\n{headline_table(read_metrics([metrics]), config['headlines'])}")


def explain_missing_recording():
    """After a failed run: one sentence if the recording is what was missing."""
    logs = Path(workflow.pathvars.apply(f"<logs>/recording/{RECORDING}.log"))
    recording = Path(workflow.pathvars.apply(f"<results>/recording/{RECORDING}.mat"))
    if not recording.exists() and logs.exists():
        print(f"\nEverything that does not need the recording was made. {logs.read_text().strip()}")
