"""What an instructor may set about grading, as one frozen object that travels to every worker."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.hall.isolation.supervisor import Limits


@dataclass(frozen=True)
class Settings:
    """Settings of a run of grading; the plug-in reads them from ``c.ExamHall``.

    Attributes:
        sandbox: "bubblewrap", or "none": student code runs unprotected, and every page says so.
        cell_seconds: computing time of one cell, or of one exercise's tests.
        total_seconds: time by the clock of each of the two passes of a submission.
        memory_mb: memory of one student's processes together.
        disk_mb: size of each folder that student code can write to.
        processes: processes and threads of one student.
        restarts: cells that end the process or never end before the rest is given up.
        packages: the course's own packages, which students get without the answers.
        workers: submissions graded at a time; 0 means one per processor, at most 8.
        warm: modules to import before the first student, besides those that notebooks import.
        scheduler: address of a dask scheduler, "local" for a dask cluster on this machine, or ""
            for this machine without dask.
        scheduler_patience: seconds without a worker until the class is graded on this machine.
        skip_tag: cells with this tag are not run while grading.
    """

    sandbox: str = "bubblewrap"
    cell_seconds: float = 60.0
    total_seconds: float = 900.0
    memory_mb: int = 4096
    disk_mb: int = 512
    processes: int = 128
    restarts: int = 3
    packages: tuple[str, ...] = ()
    workers: int = 0
    warm: tuple[str, ...] = ()
    scheduler: str = ""
    scheduler_patience: float = 60.0
    skip_tag: str = ""

    @property
    def protected(self) -> bool:
        """Whether student code runs in a sandbox."""
        return self.sandbox != "none"

    @property
    def limits(self) -> Limits:
        """What one student's processes may use."""
        return Limits(
            cell_seconds=self.cell_seconds,
            total_seconds=self.total_seconds,
            memory=self.memory_mb * 2**20,
            processes=self.processes,
            disk=self.disk_mb * 2**20,
            restarts=self.restarts,
        )
