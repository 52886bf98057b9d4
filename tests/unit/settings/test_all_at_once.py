from pathlib import Path

import pytest

from pmo_sync.model.problem import ConfigurationError
from pmo_sync.settings.folder import load


def test_a_wrong_setting_does_not_hide_a_wrong_standard(tmp_path: Path) -> None:
    (tmp_path / "pmo.yaml").write_text(
        "version: 1\nmod: supportive\nstandards: {files: [own.yaml]}\n", encoding="utf-8"
    )
    (tmp_path / "own.yaml").write_text("standards:\n  - {id: OWN-1, severitty: major}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path)
    places = [str(problem.source) for problem in caught.value.problems]
    assert "pmo.yaml:2:1" in places
    assert "own.yaml:2:17" in places
