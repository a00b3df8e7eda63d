"""The entrance of the command line: finds the command, runs it, and turns every end into an exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Final, NoReturn

import click

from sim.cli.console import complain, plain
from sim.errors import SimError, UsageError

COMMANDS: Final = {  # in the order of a user's work; each is `sim.cli.<name>:command`
    "init": "a commented scenario that runs",
    "validate": "check scenario files",
    "run": "one run of one mix",
    "compare": "all mixes under the same conditions, with confidence intervals",
    "sweep": "every combination of lists of settings; resumes",
    "size": "the smallest fleet of each kind of accelerator that keeps every promise",
    "reprice": "stored runs under other prices, without simulating again",
    "choose": "the best mix within limits, how sure that is, and why",
    "evaluate": "whether to introduce a mix: savings, scale, order, prices, own or rent",
    "estimate": "one replica at constant batch: time, power and energy without a simulation",
    "trace": "what a trace of requests or jobs holds; every format as one",
    "facility": "the building alone: a year of weather at constant IT load",
    "plot": "charts of what run, compare, sweep or estimate wrote",
    "report": "one HTML page of what run, compare or sweep wrote",
    "catalog": "what can be named in a scenario",
    "schema": "JSON Schema of scenario files, for editors",
}
OK, INTERNAL_ERROR, INTERRUPTED = 0, 1, 130


class Commands(click.Group):
    """The commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"sim.cli.{cmd_name}").command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line per command, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dcsim", prog_name="dcsim")
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
def dcsim(debug: bool) -> None:
    """Simulate AI datacenters and compare strategy mixes by cost, energy, latency and accuracy."""


def main() -> NoReturn:
    """Runs the command line of this process and ends it with the exit code; being asked to end is being interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: Sequence[str]) -> int:
    """Runs one command line and gives its exit code: 0 ok, 1 internal error, 2 usage, 3 input, 4 failed runs, 130."""
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter is no reason to stop
    try:
        status = dcsim.main([each for each in arguments if each != "--debug"], "dcsim", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except (click.Abort, KeyboardInterrupt):
        resumes = "; the same command goes on where it stopped" if "--out" in arguments else ""
        complain(f"interrupted{resumes}")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader has gone: nothing more can be told, and Python must not try when it flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as fault:
        return _failed(fault, debug)
    return status if isinstance(status, int) else OK


def _failed(fault: Exception, debug: bool) -> int:
    if isinstance(fault, OSError) and fault.filename is not None:
        fault = UsageError(f"{fault.filename} cannot be used: {fault.strerror}")
    if isinstance(fault, SimError):
        click.echo(plain(str(fault)), err=True)
    else:  # the last resort: a defect is told in one line
        complain(f"internal error: {type(fault).__name__}: {fault}" + ("" if debug else " (--debug shows where)"))
    if debug:
        traceback.print_exc()
    return fault.exit_code if isinstance(fault, SimError) else INTERNAL_ERROR
