"""Job logs of Batsim: one JSON object with `jobs` (id, subtime, res, walltime, profile) and `profiles`.

Only profiles that are a delay have a run time of their own; others follow from a platform that is not simulated here.
A job is killed at its walltime, as Batsim does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from sim.errors import Problem, TraceError
from sim.workload.columns import number_of
from sim.workload.job_log import JobLog, job_log, require_jobs


def batsim_log(data: bytes, file: str, name: str) -> JobLog:
    """The jobs of a Batsim workload."""
    content = json_content(data, file)
    jobs, profiles = content.get("jobs"), content.get("profiles")
    if not isinstance(jobs, list) or not isinstance(profiles, dict) or not all(isinstance(job, dict) for job in jobs):
        raise TraceError(Problem("'jobs' is not a list of objects, or 'profiles' is no object", file))
    if lost := [str(job.get("profile")) for job in jobs if str(job.get("profile")) not in profiles]:
        raise TraceError(Problem(f"{len(lost):,} jobs name a profile that is not there, such as {lost[0]!r}", file))

    def column(key: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([number_of(job.get(key)) for job in jobs], np.float64)

    full_s = np.array([delay_s(profiles[str(job["profile"])]) for job in jobs], np.float64)
    limit_s = column("walltime")  # -1 or absent: none
    limit_s[~(limit_s > 0.0)] = np.nan
    require_jobs(file, {"subtime": column("subtime"), "accelerators": column("res"), "delay": full_s}, ("delay",), 1)
    killed = full_s > limit_s
    notes = [f"{killed.sum():,} jobs are killed at their walltime"] if killed.any() else []
    run_s = np.where(killed, limit_s, full_s)
    return job_log(name, "batsim", column("subtime"), run_s, column("res"), estimate_s=limit_s, notes=notes)


def json_content(data: bytes, file: str) -> Mapping[str, object]:
    """The object that the file is."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise TraceError(Problem("not a JSON object", file)) from None
    if not isinstance(content, dict):
        raise TraceError(Problem("not a JSON object", file))
    return content


def delay_s(profile: object) -> float:
    """Run time of a profile that is a delay; NaN of any other."""
    if not isinstance(profile, dict) or not str(profile.get("type", "")).lower().startswith("delay"):
        return np.nan
    return number_of(profile.get("delay"))
