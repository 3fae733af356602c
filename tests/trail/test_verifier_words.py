"""How the checker talks: in two languages, with nothing left out and nothing idle."""

from __future__ import annotations

import ast
import re
import runpy
import string
from typing import TYPE_CHECKING

import pytest

from tests.trail.sample_log import VERIFIER, LogKey, a_log, found, run, verifier

if TYPE_CHECKING:
    from pathlib import Path

VKEY = LogKey().vkey
SAMPLE = a_log(20)


def test_every_sentence_has_both_languages_and_tells_the_same_in_both() -> None:
    for key, texts in verifier.TEXTS.items():
        assert len(texts) == len(verifier.LANGUAGES), key
        told = [{name for _, name, _, _ in string.Formatter().parse(t) if name} for t in texts]
        assert told[0] == told[1], key
        assert all(text and "|" not in text for text in texts), key


def test_no_sentence_is_missing_and_none_is_idle() -> None:
    source = VERIFIER.read_text("utf-8").partition("TEXTS = ")[0]
    written = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    keys = {text for text in written if re.fullmatch(r"[a-z]+\.[a-z-]+", text)} - {
        *verifier.HEARTBEATS, verifier.NEW_EPOCH, verifier.CLOCK_MOVED, "urllib.error",
    }  # fmt: skip
    put_together = {"title", "mark", "result", "help"}
    told = {key for key in verifier.TEXTS if key.partition(".")[0] not in put_together}
    assert told == {key for key in keys if key.partition(".")[0] not in put_together}
    assert {f"title.{key.partition('.')[0]}" for key in told} == {
        key for key in verifier.TEXTS if key.startswith("title.")
    }


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {"LANG": "fr_CA.UTF-8"}, "fr"),
        ([], {"LANG": "pt_PT.UTF-8"}, "en"),
        ([], {"LANG": "en_GB", "LC_ALL": "fr_FR"}, "fr"),
        ([], {}, "en"),
        (["--lang", "en"], {"LANG": "fr"}, "en"),
        (["--lang=fr"], {}, "fr"),
        (["--lang=xx"], {}, "en"),
        (["--lang"], {"LANG": "fr"}, "fr"),
    ],
)
def test_it_talks_as_asked_or_as_the_computer_does(
    arguments: list[str],
    environment: dict[str, str],
    language: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert verifier.language(arguments) == language


@pytest.mark.parametrize(
    "arguments", [[], ["burn"], ["log"], ["log", "x"], ["--lang", "xx", "log"]]
)
def test_a_command_that_is_not_understood_decides_nothing(arguments: list[str]) -> None:
    code, out = run(*arguments)
    assert code == 1
    assert "This was not understood" in out
    assert "usage: tribune_verify.py" in " ".join(out.split())


def test_help_is_given_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        verifier.main(["--lang", "fr", "log", "--help"])
    assert left.value.code == 0
    assert "tout recalculer et vérifier" in capsys.readouterr().out


def test_an_old_console_gets_what_it_can_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = tmp_path / "now"
    note.write_bytes(SAMPLE.note())
    assert verifier.main(["checkpoint", str(note), "--vkey", VKEY]) == 0
    assert "[OK] Signature:" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["# nothing", "nobody+12345678+AAAA", "x" * 300 + "+1+2"])
def test_what_is_no_key_decides_nothing(key: str, tmp_path: Path) -> None:
    note = tmp_path / "now"
    note.write_bytes(SAMPLE.note())
    given_as = tmp_path / "key"
    given_as.write_text(key)
    given = (given_as, key) if "+" in key else (given_as,)
    for one in given:
        code, checks = found("checkpoint", note, "--vkey", one)
        assert (code, checks) == (1, {"key.malformed": "bad-input"})


def test_run_as_a_program_it_leaves_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [str(VERIFIER), "--json", "burn"])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(VERIFIER), run_name="__main__")
    assert left.value.code == 1
    assert '"outcome": "bad-input"' in capsys.readouterr().out


@pytest.mark.parametrize(("page", "language"), [("auditors.md", 0), ("auditeurs.fr.md", 1)])
def test_the_page_for_auditors_says_what_the_program_does(page: str, language: int) -> None:
    text = (VERIFIER.parents[2] / "docs" / page).read_text("utf-8")
    report = verifier.Report(verifier.LANGUAGES[language])
    for line in re.findall(r"^    python3 tribune_verify\.py (.*)$", text, re.MULTILINE):
        assert verifier.parser(report).parse_args(line.split()).run, line
    usages = " ".join(run("--lang", "en", command)[1] for command in COMMANDS)
    options = set(re.findall(r"--[a-z]+", usages)) - {"--help"}
    assert {"--held", "--receipt", "--receipts", "--salt", "--code"} <= options
    assert options <= set(re.findall(r"--[a-z]+", text))
    for code in verifier.EXIT.values():
        assert f"\n| {code} | " in text
    unexplained = {"Key", "Clé", "File", "Fichier", "Command", "Commande", "Fetching"}
    unexplained |= {"Récupération", "Continuation", "Continuité"}
    unexplained |= {"Presence in the log", "Présence au journal"}
    for key, texts in verifier.TEXTS.items():
        if key.startswith("title.") and texts[language] not in unexplained:
            assert texts[language] in text, key


COMMANDS = ("checkpoint", "inclusion", "consistency", "log", "bundle", "fetch")
