"""The manifest is made of the files that are there, whatever their times and the clock say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration import project


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of a small project whose manifest was just made."""
    monkeypatch.setattr(project, "PROJECT_DIR", tmp_path)
    model = tmp_path / "models" / "dim_a.sql"
    model.parent.mkdir()
    model.write_text("select 1 as a")
    manifest = tmp_path / "manifest.json"
    manifest.write_text("{}")
    project._files_of(manifest).write_text(project._fingerprint())
    return model


def is_fresh(model: Path) -> bool:
    """Whether the manifest of the model's project is."""
    return project._is_fresh(model.parents[1] / "manifest.json")


def test_a_manifest_is_fresh_while_nothing_changes(model: Path) -> None:
    assert is_fresh(model)
    os.utime(model.parents[1] / "manifest.json", (0, 0))
    assert is_fresh(model)


def test_a_model_that_changed_while_the_clock_was_behind_is_seen(model: Path) -> None:
    model.write_text("select 2 as a")
    os.utime(model, (0, 0))
    assert not is_fresh(model)


def test_a_model_that_is_new_gone_or_renamed_is_seen(model: Path) -> None:
    model.rename(model.with_name("dim_b.sql"))
    assert not is_fresh(model)
    model.with_name("dim_b.sql").rename(model)
    assert is_fresh(model)
    (model.with_name("dim_b.sql")).write_text("select 1 as b")
    assert not is_fresh(model)


def test_a_manifest_without_a_note_of_its_files_is_made_anew(model: Path) -> None:
    project._files_of(model.parents[1] / "manifest.json").unlink()
    assert not is_fresh(model)
