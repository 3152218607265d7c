"""The webhook is told, and never in the way."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from orchestration import webhook
from orchestration.drills.webhook import listening


def test_a_webhook_gets_json() -> None:
    with listening() as (address, told):
        assert webhook.tell({"text": "Größe", "exit_code": 1}, address)
    assert told == [{"text": "Größe", "exit_code": 1}]


def test_without_an_address_nobody_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert not webhook.tell({"text": "x"}, "")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/secret",
        "http://no-such-host.invalid/secret",
        "file:///etc/secret",
        "secret",
    ],
)
def test_a_webhook_that_cannot_be_told_costs_a_line_without_its_secret(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not webhook.tell({"text": "x"}, address)
    line = capsys.readouterr().err
    assert "was not told" in line
    assert "secret" not in line


def test_a_webhook_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "SECONDS_PER_ANSWER", 0.2)
    with listening(answers=False) as (address, _):
        began = time.monotonic()
        assert not webhook.tell({"text": "x"}, address)
    assert time.monotonic() - began < 5


def test_a_webhook_that_sends_a_byte_now_and_then_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "SECONDS_IN_ALL", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    for _ in range(40):
                        connection.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        assert not webhook.tell({"text": "x"}, f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert time.monotonic() - began < 1.5
