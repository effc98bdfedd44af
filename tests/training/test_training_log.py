"""The log of a run that was stopped and continues."""

from __future__ import annotations

import csv

from lanet_core.training.training_log import TrainingLog


def logged_steps(folder) -> list[int]:
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


def test_steps_after_the_checkpoint_are_logged_once(tmp_path):
    killed = TrainingLog(tmp_path)
    for step in range(1, 6):
        killed.write(step, {"loss": 1.0 / step})
    killed.close()
    resumed = TrainingLog(tmp_path, last_step=3)
    assert logged_steps(tmp_path) == [1, 2, 3]
    resumed.write(4, {"loss": 0.2})
    resumed.close()
    assert logged_steps(tmp_path) == [1, 2, 3, 4]
