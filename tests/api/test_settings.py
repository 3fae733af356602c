"""Settings are typed, have units, and stop the start when they are wrong."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import settings
from api.settings import SettingsWrong
from tests.api.small import MARKER

SECRET_URL = f"postgresql+psycopg://tribune:{MARKER}@db/tribune"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in os.environ:
        if variable.startswith(settings.PREFIX):
            monkeypatch.delenv(variable)


def test_one_directory_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNE_DATABASE_URL", SECRET_URL)
    monkeypatch.setenv("TRIBUNE_PROT", "1")
    chosen = settings.for_directory(tmp_path, reporter_tick_minutes=0)
    assert chosen.database_url.get_secret_value() == f"sqlite:///{tmp_path}/tribune.db"
    assert chosen.vault_url.get_secret_value() == f"sqlite:///{tmp_path}/vault.db"
    assert chosen.blobs == tmp_path / "blobs"
    assert chosen.root_keys == tmp_path / "keys/root.d"
    assert chosen.vault_keys == tmp_path / "keys/vault.d"
    assert chosen.log_keys == tmp_path / "keys/log"
    assert chosen.reporter_tick_minutes == 0


def test_the_environment_is_read_and_the_command_line_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DATA": str(tmp_path),
        "DATABASE_URL": SECRET_URL,
        "DOORS": "reporters, staff",
        "PORT": "9000",
        "ATTACHMENT_LIMIT_BYTES": "500MB",
        "LOG_LEVEL": "",
    }.items():
        monkeypatch.setenv(settings.PREFIX + name, value)
    chosen = settings.load(port=0)
    assert chosen.port == 0
    assert chosen.doors == {"reporters", "staff"}
    assert chosen.attachment_limit_bytes == 500_000_000
    assert chosen.log_level == "info"
    assert chosen.vault_url.get_secret_value().endswith("/vault.db")
    assert MARKER not in repr(chosen) + str(chosen)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in settings.Settings.model_fields
        if name
        not in {"data", "blobs", "root_keys", "vault_keys", "log_keys", "host"}
        | {"smtp_user", "smtp_password_file"}
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.PREFIX + name.upper(), f"{MARKER}://?")
    with pytest.raises(SettingsWrong) as caught:
        settings.load()
    assert [variable for variable, _ in caught.value.faults] == [settings.PREFIX + name.upper()]
    assert MARKER not in str(caught.value)
    assert caught.value.__context__ is None


def test_all_faults_are_listed_at_once_and_a_misspelt_variable_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIBUNE_PROT", MARKER)
    monkeypatch.setenv("TRIBUNE_XYZZY_PLUGH", MARKER)
    monkeypatch.setenv("TRIBUNE_WORKERS", "0")
    with pytest.raises(SettingsWrong) as caught:
        settings.load(doors="staff", hosts=MARKER)
    faults = dict(caught.value.faults)
    assert faults["TRIBUNE_PROT"] == "no such setting; did you mean TRIBUNE_PORT?"
    assert faults["TRIBUNE_XYZZY_PLUGH"] == "no such setting"
    assert "greater than or equal to 1" in faults["TRIBUNE_WORKERS"]
    assert faults["TRIBUNE_HOSTS"] == "no such setting; did you mean TRIBUNE_HOST?"
    assert MARKER not in str(caught.value)
    assert str(caught.value).count("\n") == 4


def test_the_vault_is_another_database(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong) as caught:
        settings.for_directory(tmp_path, database_url="sqlite:///a", vault_url="sqlite:///a")
    assert caught.value.faults == [("TRIBUNE_VAULT_URL", "must not be the main database")]


def test_nothing_changes_after_the_start(tmp_path: Path) -> None:
    chosen = settings.for_directory(tmp_path)
    with pytest.raises(ValidationError):
        chosen.port = 1


def test_paths_do_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.load().data == tmp_path / "data"
    assert settings.load(data="elsewhere").blobs == tmp_path / "elsewhere/blobs"


def test_no_file_is_read_by_surprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("TRIBUNE_PORT=1\n")
    assert settings.load().port == 8000


def test_the_table_has_a_row_for_each_setting_with_its_meaning() -> None:
    rows = settings.table().splitlines()[2:]
    assert len(rows) == len(settings.Settings.model_fields)
    for name, row in zip(settings.Settings.model_fields, rows, strict=True):
        variable, default, meaning = row.strip("| ").split(" | ")
        assert variable == f"`TRIBUNE_{name.upper()}`"
        assert default.strip("`")
        assert meaning.endswith(".")
        assert "Pydantic" not in default
