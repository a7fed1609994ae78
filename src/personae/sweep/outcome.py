"""How a sweep is stopped, and what it says at its end."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from personae.core.numbers import rounded


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a sweep is.

    Attributes
    ----------
    name, finished, trials
        Of the sweep; trials that ended, and those asked for.
    run_id
        The sweep's run in MLflow.
    winner
        As `adopt` reads it; None before the last trial has ended.
    """

    name: str
    finished: int
    trials: int
    run_id: str
    winner: Mapping[str, Any] | None

    def lines(self) -> list[str]:
        """Say it for people, the honest figure first."""
        if self.winner is None:
            return [f"{self.name}: {self.finished} of {self.trials} trials; the same command goes on"]
        told = [f"{self.name}: trial {self.winner['number']} of {self.finished} wins"]
        told += [f"  {key} = {value}" for key, value in self.winner["params"].items()]
        for name, fresh in self.winner["fresh"].items():
            low_high = self.winner["intervals"].get(name)
            interval = f" (95 % interval {low_high[0]:.3g} to {low_high[1]:.3g})" if low_high else ""
            now, before = (rounded(each, plain=True) for each in (fresh, self.winner["search"][name]))
            told.append(
                f"  {name}: {now}{interval} on {self.winner['source']}; the search said "
                f"{before}, optimism {self.winner['optimism'][name]:+.3g}"
            )
        if len(self.winner["front"]) > 1:
            told.append(f"  Pareto front: trials {', '.join(str(each) for each in self.winner['front'])}")
        return [*told, f"  `personae adopt {self.name}` writes it into params.yaml"]


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C and termination into a question asked between trials; the second Ctrl-C interrupts."""
    asked: list[int] = []

    def remember(number: int, _: Any) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)
        said = "stopping after the running trial; Ctrl-C again stops now, nothing is lost"
        tqdm.write(said, file=sys.stderr)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
