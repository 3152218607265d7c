"""What customers do and say between signing and leaving, and what the company does for them.

:func:`play_engagement` reads the customers' hidden state (mood, shocks, holdings, people) and
adds the landing rows of usage, support, surveys, success, marketing, leads, activities and quotas,
and the opportunities that came to nothing.
"""

from __future__ import annotations

from sample_company.engagement.marketing import play_marketing
from sample_company.engagement.pipeline import play_pipeline
from sample_company.engagement.pulse import read_pulses
from sample_company.engagement.selling import play_selling
from sample_company.engagement.success import play_success
from sample_company.engagement.support import play_support
from sample_company.engagement.surveys import play_surveys
from sample_company.engagement.usage import play_usage
from sample_company.world import World

__all__ = ["play_engagement"]


def play_engagement(world: World) -> None:
    """Add every engagement row of a world whose customers, contracts and moods are settled."""
    pulses = read_pulses(world)
    play_usage(world, pulses)
    tickets = play_support(world, pulses)
    go_lives = play_success(world, pulses)
    play_surveys(world, pulses, tickets, go_lives)
    play_marketing(world, pulses)
    play_selling(world, pulses)
    play_pipeline(world, pulses)
