"""Progress of long work: lines for a log, a bar for a person, and the time that is left."""

from __future__ import annotations

import pytest

from mfvae.training import progress as progress_module
from mfvae.training.progress import LOG_EVERY_S, Progress


def test_time_left_is_what_the_steps_so_far_took(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    progress = Progress(total=10, interactive=False)
    for step, now[0] in ((1, 103.0), (2, 104.0), (5, 130.0), (10, 140.0)):
        progress.update(step, "loss 1.0")
    assert capsys.readouterr().err.splitlines() == [
        "step 5/10, loss 1.0, 30 s left",  # 30 s for half of the steps; nothing within ten seconds
        "step 10/10, loss 1.0, 0 s left",
    ]


def test_a_person_gets_a_bar_with_loss(capsys):
    progress = Progress(total=3, interactive=True)
    for step in (1, 2, 3):
        progress.update(step, f"loss {step}.5")
    progress.close()
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert "loss 3.5" in shown
    assert "step 3/3" not in shown  # no lines beside the bar


@pytest.mark.parametrize("pause", [LOG_EVERY_S - 1e-3, LOG_EVERY_S])
def test_a_log_gets_no_line_before_its_time(capsys, monkeypatch, pause):
    now = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    progress = Progress(total=100, interactive=False)
    now[0] = pause
    progress.update(1, "loss 1.0")
    assert len(capsys.readouterr().err.splitlines()) == (pause >= LOG_EVERY_S)


@pytest.mark.parametrize("watched", [False, True])
def test_who_watches_is_asked_of_the_terminal(monkeypatch, watched):
    monkeypatch.setattr(progress_module.sys.stderr, "isatty", lambda: watched, raising=False)
    progress = Progress(total=1)
    assert progress.watched == watched
    assert progress.bar.disable == (not watched)
    progress.close()
