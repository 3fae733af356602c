from __future__ import annotations

import json
import logging
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select, update

import api.cli
from api import demo, settings, wiring
from api.cli import logs, serving
from cases.database import connect
from cases.models.people import Deployment, Office, RecoveryWrap
from cases.sealing import hpke
from cases.staff import accounts, changes, founding
from tests.cases.staff.people import stretched
from workflows import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api.settings import Settings

RETENTION = [f"--retention={name}=12" for name in founding.retention_classes()]
FLAGS = [
    "--name=Customs of Arcadia",
    "--country=xa",
    "--time-zone=Africa/Bamako",
    "--national-unit=Internal affairs",
    "--outside-unit=Inspectorate",
    "--recovery=none",
    "--admin=sam",
    *RETENTION,
]
OFFICES = """code,name,kind,parent,unit,staff_count
hq,Headquarters,national,,main,200
port,Port,post,hq,,40
"""
STAFF = """username,name,staff_number,office,seats
hana,Hana,A-1,hq,main head_ia
carla,Carla,A-2,hq,main case_manager; main triage_officer
malik,Malik,,port,main local_committee port
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    said: str


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in list(os.environ):
        if name.startswith(settings.PREFIX):
            monkeypatch.delenv(name)
    found = settings.for_directory(tmp_path / "data")
    monkeypatch.setenv("TRIBUNE_DATA", str(found.data))
    return found


@pytest.fixture
def run(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Runs a command as the shell would, with nobody to be asked."""

    def command(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tribune", *arguments])
        code: object = None
        try:
            api.cli.main()
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr()
        said = f"{printed.err}{code}" if isinstance(code, str) else printed.err
        return Outcome(1 if isinstance(code, str) else int(str(code or 0)), printed.out, said)

    return command


def without(flag: str) -> list[str]:
    return [one for one in FLAGS if not one.startswith(flag)]


def test_an_installation_is_founded_with_its_first_people(
    run: Callable[..., Outcome], chosen: Settings, tmp_path: Path
) -> None:
    (tmp_path / "offices.csv").write_text(OFFICES, "utf-8")
    (tmp_path / "staff.csv").write_text("\ufeff" + STAFF, "utf-8")
    files = [f"--offices={tmp_path}/offices.csv", f"--staff={tmp_path}/staff.csv"]
    files += ["--day-off=2026-12-24", "--working-day=2026-12-26"]
    founded = run("init", *FLAGS, *files)
    assert founded.code == 0, founded.said
    codes = dict(re.findall(r"^  (\w+) +((?:[A-Z2-7]{4} ?){8})$", founded.out, re.MULTILINE))
    assert set(codes) == {"sam", "hana", "carla", "malik"}
    assert "outside body: nobody is case_manager" in founded.out
    assert "main: T25 has no confirmer" in founded.out
    house = wiring.open_house(chosen)
    with house.unit_of_work() as db:
        deployment = changes.the_deployment(db)
        assert (deployment.kind, deployment.country) == ("real", "XA")
        assert deployment.time_zone == "Africa/Bamako"
        accounts.enrol(db, "hana", codes["hana"], stretched())
        port = db.exec(select(Office).where(Office.code == "port")).one()
        assert accounts.named(db, "malik").seats[0].office == port.id
    house.close()
    listed = run("staff", "list").out
    assert re.search(r"^hana +active +head_ia \(main\)\*$", listed, re.MULTILINE)
    assert re.search(
        r"^main +handling +inside +open, 1 hold", run("unit", "list").out, re.MULTILINE
    )
    checked = run("staff", "check")
    assert checked.code == 1
    assert "outside: T03 has no proposer" in checked.out
    assert run("vault", "check").code == 0
    days = run("calendar", "--year=2026").out
    assert "2026-12-24 Thu  day off of the administration" in days
    assert "2026-12-26 Sat  worked (day of rest)" in days
    assert run("init", *FLAGS).said.count("an installation already") == 1


@pytest.mark.parametrize(
    ("flag", "complaint"),
    [
        ("--name", "--name"),
        ("--country", "--country"),
        ("--time-zone", "--time-zone"),
        ("--national-unit", "--national-unit"),
        ("--outside-unit", "the body outside the line, for complaints about the chief"),
        ("--recovery", "recovery public key, or `none`"),
        ("--admin", "--admin"),
        ("--retention=K1", "months are missing for K1"),
    ],
)
def test_a_choice_that_is_missing_founds_nothing(
    run: Callable[..., Outcome], chosen: Settings, flag: str, complaint: str
) -> None:
    refused = run("init", *without(flag))
    assert refused.code == 1
    assert complaint in refused.said
    assert refused.said.count("\n") == 1
    assert not list(chosen.data.rglob("*.key"))


def test_everything_that_is_missing_is_listed_at_once(run: Callable[..., Outcome]) -> None:
    said = run("init").said
    for name in ("--name", "--country", "--time-zone", "--outside-unit", "--recovery", "K6"):
        assert name in said


@pytest.mark.parametrize(
    ("flag", "complaint"),
    [
        ("--country=Arcadia", "two letters"),
        ("--country=YY", "no country has these two letters"),
        ("--day-off=Christmas", "a day, as in 2026-12-24"),
        ("--time-zone=Mars/Olympus", "no such time zone"),
        ("--retention=K9=3", "a known class"),
        ("--retention=K1=soon", "whole months"),
        ("--recovery=/nowhere/key", "no public key"),
        ("--offices=/nowhere.csv", "cannot be read"),
    ],
)
def test_a_choice_that_cannot_be_is_named(
    run: Callable[..., Outcome], flag: str, complaint: str
) -> None:
    assert complaint in run("init", *FLAGS, flag).said


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("--staff", "username,name\nhana,Hana\n", "needs the columns"),
        ("--staff", STAFF + "carla,Again,,,\n", "username: taken"),
        ("--staff", STAFF + "kim,Kim,,moon,\n", "nothing is called moon"),
        ("--staff", STAFF + "kim,Kim,,,moon dpo\n", "a seat is"),
        ("--offices", OFFICES + "x,X,castle,,,\n", "kind: unknown"),
    ],
)
def test_a_fault_in_a_file_founds_nothing_and_leaves_no_key(  # noqa: PLR0917  (fixtures)
    run: Callable[..., Outcome],
    chosen: Settings,
    tmp_path: Path,
    file: str,
    text: str,
    complaint: str,
) -> None:
    (tmp_path / "offices.csv").write_text(OFFICES, "utf-8")
    (tmp_path / "faulty.csv").write_text(text, "utf-8")
    files = [] if file == "--offices" else [f"--offices={tmp_path}/offices.csv"]
    refused = run("init", *FLAGS, *files, f"{file}={tmp_path}/faulty.csv")
    assert refused.code != 0
    assert complaint in refused.said
    assert not list(chosen.data.rglob("*.key"))
    again = run("init", *FLAGS, f"--offices={tmp_path}/offices.csv")
    assert again.code == 0, again.said


def test_the_recovery_key_is_read_from_its_file(
    run: Callable[..., Outcome], chosen: Settings, tmp_path: Path
) -> None:
    seed = hpke.new_seed()
    (tmp_path / "recovery.pk").write_bytes(hpke.public_key(seed))
    founded = run("init", *without("--recovery"), f"--recovery={tmp_path}/recovery.pk")
    assert founded.code == 0, founded.said
    assert "Without a recovery key" not in founded.out
    house = wiring.open_house(chosen)
    with house.glance() as db:
        assert len(db.exec(select(RecoveryWrap)).all()) == 1
    house.close()


def test_keys_are_for_their_owner_only(run: Callable[..., Outcome], chosen: Settings) -> None:
    assert run("init", *FLAGS).code == 0
    keys = sorted(path.relative_to(chosen.data).as_posix() for path in chosen.data.rglob("*.key"))
    assert keys == ["keys/log/writer.key", "keys/root.d/1.key", "keys/vault.d/1.key"]
    assert {path.stat().st_mode & 0o777 for path in chosen.data.rglob("*.key")} == {0o400}


def test_keys_that_lie_there_are_never_overwritten(
    run: Callable[..., Outcome], chosen: Settings
) -> None:
    chosen.root_keys.mkdir(parents=True)
    (chosen.root_keys / "1.key").write_bytes(bytes(32))
    assert "holds keys already" in run("init", *FLAGS).said
    assert (chosen.root_keys / "1.key").read_bytes() == bytes(32)


def test_accounts_are_managed_from_the_machine(run: Callable[..., Outcome]) -> None:
    run("init", *FLAGS)
    invited = run("staff", "invite", "dora", "--name=Dora", "--seat=main dpo")
    assert re.fullmatch(r"dora: (?:[A-Z2-7]{4} ?){8}\n", invited.out), invited.said
    again = run("staff", "again", "dora")
    assert again.out != invited.out
    assert run("staff", "disable", "dora").code == 0
    assert re.search(r"^dora +disabled", run("staff", "list").out, re.MULTILINE)
    assert "not_enrolled" in run("staff", "enable", "dora").said
    assert "nothing of that name" in run("staff", "disable", "nobody").said
    assert "taken" in run("staff", "invite", "dora", "--name=D", "--seat=main dpo").said
    assert "a seat is" in run("staff", "invite", "d.two", "--name=D", "--seat=dpo").said
    assert (
        "no such office"
        in run("staff", "invite", "d.two", "--name=D", "--seat=main dpo", "--office=moon").said
    )


@pytest.mark.parametrize("command", [("staff", "list"), ("serve",), ("vault", "check")])
def test_without_an_installation_a_command_says_what_to_do(
    run: Callable[..., Outcome], chosen: Settings, command: tuple[str, ...]
) -> None:
    chosen.data.mkdir()
    assert "tribune init" in run(*command).said


def test_a_demo_never_becomes_real(run: Callable[..., Outcome], chosen: Settings) -> None:
    demo.create_demo(chosen.data, chosen, one_password=True)
    assert "never becomes real" in run("init", *FLAGS).said
    assert "never becomes a real installation" in run("serve").said


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_what_does_not_know_when_to_forget_does_not_start(
    run: Callable[..., Outcome], chosen: Settings, command: str
) -> None:
    run("init", *FLAGS)
    engine = connect(chosen.database_url.get_secret_value(), pool_size=1)
    months = dict.fromkeys(founding.retention_classes(), 12)
    with engine.begin() as connection:
        del months["K3"]
        connection.execute(update(Deployment).values(retention=months | {"K5": 0}))
    engine.dispose()
    refused = run(command)
    assert refused.code == 1
    assert "cases of K3, K5 are kept" in refused.said


def test_a_demo_that_others_can_reach_has_to_be_meant(
    run: Callable[..., Outcome], chosen: Settings
) -> None:
    for host in ("0.0.0.0", "192.0.2.7", "example.org"):  # noqa: S104  (that is the point)
        refused = run("serve", "--demo", f"--data={chosen.data}", f"--host={host}")
        assert "--i-know-this-is-a-demo" in refused.said
    assert not chosen.data.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_the_loopback_is_reached_from_this_machine_only(host: str) -> None:
    assert serving._is_loopback(host)


def test_only_a_demo_is_thrown_away(run: Callable[..., Outcome]) -> None:
    assert run("serve", "--reset").code != 0


def test_the_newest_shape_is_kept(run: Callable[..., Outcome], chosen: Settings) -> None:
    run("init", *FLAGS)
    assert run("migrate").out == "Both databases have the newest shape.\n"


def test_the_workflow_is_shown_as_a_picture_and_as_a_table(run: Callable[..., Outcome]) -> None:
    picture = run("workflow", "show", "--format", "mermaid", "--language", "fr").out
    assert picture.startswith("stateDiagram-v2\n")
    table = run("workflow", "show").out
    for step in catalogue.workflow().transitions:
        assert f" : {step.id} {step.event}" in picture
        assert f"| {step.id} " in table


@pytest.mark.parametrize(("lang", "said"), [("en", "The procedure"), ("fr", "La procédure")])
def test_the_procedure_is_written_as_a_manual(
    run: Callable[..., Outcome], tmp_path: Path, lang: str, said: str
) -> None:
    printed = run("workflow", "manual", "--lang", lang).out
    assert printed.startswith(f"# {said}")
    out = tmp_path / "new" / "procedure.md"
    assert run("workflow", "manual", "--lang", lang, f"--out={out}").code == 0
    assert out.read_text("utf-8") == printed


def test_the_interface_is_described_without_an_installation(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
    out = tmp_path / "new" / "openapi.json"
    assert run("openapi", f"--out={out}").code == 0
    described = json.loads(out.read_text("utf-8"))
    assert described["openapi"].startswith("3.1")
    assert {"/v1/session", "/v1/me", "/v1/staff", "/v1/units/{unit}/members/{staff}"} <= set(
        described["paths"]
    )


def test_settings_and_version_are_printed(run: Callable[..., Outcome]) -> None:
    assert run("settings").out == settings.table()
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("version").out)


def test_a_wrong_setting_is_named_without_its_value(
    run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    word = "hunter2"
    monkeypatch.setenv("TRIBUNE_DATABASE_URL", f"mysql://root:{word}@db")
    refused = run("migrate")
    assert "TRIBUNE_DATABASE_URL" in refused.said
    assert word not in refused.said


def test_a_database_that_does_not_answer_is_not_quoted(
    run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    word = "hunter2"
    monkeypatch.setenv("TRIBUNE_DATABASE_URL", f"postgresql+psycopg://app:{word}@127.0.0.1:1/x")
    refused = run("staff", "list")
    assert "unavailable" in refused.said
    assert word not in refused.said
    assert "127.0.0.1" not in refused.said


def test_settings_survive_the_way_through_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = settings.for_directory(tmp_path, workers=2, public_host="tribune.example", port=0)
    for name, value in settings.environment(found).items():
        monkeypatch.setenv(name, value)
    assert settings.load().model_dump() == found.model_dump()


def test_a_line_of_the_log_has_no_traceback() -> None:
    record = logging.LogRecord("x", 40, "", 0, "broke", (), None)
    record.incident = "7"
    record.exc_info = (ValueError, ValueError("Zimbelstern47"), None)
    assert logs.Lines().format(record) == "level 40 x: broke incident=7 error=ValueError".replace(
        "level 40", "error"
    )
