"""The Dagster code location; ``refresh`` is the job that `make refresh` runs too."""

from orchestration.assembly import assemble
from orchestration.jobs import DAYS

defs = assemble(DAYS)
