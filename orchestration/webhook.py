"""Telling a webhook that a refresh failed: any endpoint that takes JSON, and never in the way.

TENURE_WEBHOOK_URL names it. The message has a ``text`` that Slack, Mattermost and Teams show, and
the fields of the run beside it. A webhook that is down, slow or wrong costs a few seconds and a
line on the standard error; the refresh ends as it would have ended without.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

URL = "TENURE_WEBHOOK_URL"
SECONDS_PER_ANSWER = 5
SECONDS_IN_ALL = 8


def tell(message: Mapping[str, Any], url: str | None = None) -> bool:
    """Post a message to the webhook; whether it was taken (false where none is set)."""
    url = (os.environ.get(URL, "") if url is None else url).strip()
    if not url:
        return False
    problem: list[str] = ["no answer"]
    # A thread, because a timeout counts each wait for the network anew: an endpoint that sends a
    # byte now and then would hold the refresh for ever.
    sender = threading.Thread(target=_post, args=(url, message, problem), daemon=True)
    sender.start()
    sender.join(SECONDS_IN_ALL)
    if problem:
        # The rest of a webhook's address is often its password.
        place = urlsplit(url).hostname or "no host"
        print(f"The webhook at {place} was not told: {problem[0]}", file=sys.stderr)
    return not problem


def _post(url: str, message: Mapping[str, Any], problem: list[str]) -> None:
    try:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f"{URL} is no http or https address")
        request = urllib.request.Request(
            url,
            data=json.dumps(message, default=str).encode(),
            headers={"Content-Type": "application/json", "User-Agent": "tenure"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=SECONDS_PER_ANSWER) as answer:
            answer.read(1)
        problem.clear()
    except (OSError, ValueError, HTTPException) as error:
        problem[0] = str(getattr(error, "reason", None) or error).replace(url, "its address")
