"""Commented scenarios to start from, for `dcsim init`; each runs offline as it stands."""

from __future__ import annotations

from pathlib import Path

from sim.document.wording import hint, shown
from sim.errors import UsageError

FOLDER = Path(__file__).parent / "templates"


def template_names() -> tuple[str, ...]:
    """Names of the templates."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def template(name: str = "chatbot") -> str:
    """The text of a template; raises UsageError for an unknown name."""
    known = template_names()
    if name not in known:
        raise UsageError(f"no template {shown(name)}{hint(name, known)}")
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
