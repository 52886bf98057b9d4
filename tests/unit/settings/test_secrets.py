from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from pmo_sync.connectors.options import JiraCloudOptions, RedmineOptions
from pmo_sync.errors import UsageError
from pmo_sync.settings.secrets import Credentials, credentials, redact, resolve

URL = "https://redmine.example.net"


def redmine(**options: str) -> RedmineOptions:
    return RedmineOptions.model_validate({"kind": "redmine", "url": URL, **options})


def test_a_variable_stands_for_its_value(tmp_path: Path) -> None:
    found = resolve("${KEY}", environment={"KEY": " s3cret\n"}, folder=tmp_path, where="trackers.a.token")
    assert found.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(found)


def test_a_plain_text_stands_for_itself(tmp_path: Path) -> None:
    assert resolve("ann", environment={}, folder=tmp_path, where="x").get_secret_value() == "ann"


def test_the_variable_goes_before_its_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from file\n")
    environment = {"KEY_FILE": "key"}
    assert resolve("${KEY}", environment=environment, folder=tmp_path, where="x").get_secret_value() == "from file"
    both = {"KEY": "from variable", **environment}
    assert resolve("${KEY}", environment=both, folder=tmp_path, where="x").get_secret_value() == "from variable"


@pytest.mark.parametrize(("environment", "state"), [({}, "not set"), ({"KEY": "  "}, "empty")])
def test_an_unset_variable_is_named_with_the_setting(tmp_path: Path, environment: dict[str, str], state: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve("${KEY}", environment=environment, folder=tmp_path, where="trackers.plant.token")
    assert caught.value.message == f"trackers.plant.token names the environment variable KEY, which is {state}"
    assert caught.value.advice == "set KEY, or KEY_FILE to a file that holds it"


@pytest.mark.parametrize("content", [None, b"", b"two\nlines\n", b"\xff\xfe", b"x" * 20_000])
def test_a_file_that_holds_no_secret(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(UsageError, match="KEY_FILE names") as caught:
        resolve("${KEY}", environment={"KEY_FILE": "key"}, folder=tmp_path, where="x")
    assert "two" not in str(caught.value)


def test_a_folder_is_no_file_of_a_secret(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="token_file"):
        credentials("a", redmine(token_file="."), environment={}, folder=tmp_path)


def test_credentials_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k1")
    environment = {"U": "bot@example.net", "T": "t1", "HOME": str(tmp_path)}
    cloud = JiraCloudOptions.model_validate({"kind": "jira-cloud", "url": URL, "user": "${U}", "token": "${T}"})
    assert credentials("a", cloud, environment=environment, folder=tmp_path) == Credentials(
        "bot@example.net", SecretStr("t1")
    )
    assert credentials("a", redmine(token_file="key"), environment=environment, folder=tmp_path) == Credentials(
        None, SecretStr("k1")
    )


def test_netrc_comes_last_and_only_for_its_host(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine redmine.example.net login bot password n1\n")
    (tmp_path / ".netrc").chmod(0o600)
    environment = {"HOME": str(tmp_path), "T": "t1"}
    assert credentials("a", redmine(), environment=environment, folder=tmp_path) == Credentials("bot", SecretStr("n1"))
    assert credentials("a", redmine(token="${T}"), environment=environment, folder=tmp_path).token == SecretStr("t1")
    other = redmine(url="https://other.example.net")
    with pytest.raises(UsageError, match="nothing tells the token of the tracker a"):
        credentials("a", other, environment=environment, folder=tmp_path)
    with pytest.raises(UsageError, match="nothing tells"):
        credentials("a", redmine(user="someone"), environment=environment, folder=tmp_path)


def test_a_broken_netrc_is_said_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine redmine.example.net login bot passwrd hunter22 x\n")
    with pytest.raises(UsageError) as caught:
        credentials("a", redmine(), environment={"HOME": str(tmp_path)}, folder=tmp_path)
    assert "hunter22" not in str(caught.value)


def test_nothing_is_resolved_before_it_is_asked_for(tmp_path: Path) -> None:
    options = redmine(token="${NOT_SET_ANYWHERE}")
    assert options.token == "${NOT_SET_ANYWHERE}"
    with pytest.raises(UsageError, match="NOT_SET_ANYWHERE"):
        credentials("a", options, environment={}, folder=tmp_path)


@pytest.mark.parametrize("prefix", ["", "a", "ab", "abc", "bot@example.net"])
def test_redact_takes_out_every_form_of_a_secret(prefix: str) -> None:
    secret = "s3cret/with+signs&more"
    coded = base64.b64encode(f"{prefix}:{secret}".encode()).decode()
    text = f"key={secret} url=https://me:{secret}@x.example/?k=s3cret%2Fwith%2Bsigns%26more Basic {coded} end"
    shown = redact(text, [SecretStr(secret)])
    assert secret not in shown
    assert "s3cret%2F" not in shown
    assert base64.b64encode(secret.encode()).decode()[4:-4] not in shown
    inner = [base64.b64encode(b"x" * n + secret.encode()).decode().rstrip("=")[4:-2] for n in (0, 1, 2)]
    assert not any(part in shown for part in inner)
    assert shown.endswith("end")


def test_redact_leaves_other_text_alone() -> None:
    assert redact("nothing here, mail ann@example.net", [SecretStr("s3cret"), SecretStr("")]) == (
        "nothing here, mail ann@example.net"
    )
