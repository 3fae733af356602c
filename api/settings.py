"""Every environment variable: `TRIBUNE_` and the name of a field in capitals.

Read once, when a program starts, and passed down. A wrong, unknown or missing one stops the start
with a list that names each and repeats no value: a database's address holds a password.
"""

import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "TRIBUNE_"
GIB = 1024**3

Door = Literal["reporters", "staff"]

BACKENDS = ("sqlite:///", "postgresql+psycopg://")

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Names of this very machine."""

Place = Annotated[Path, AfterValidator(Path.absolute)]
"""A path that stays the same when a program changes its directory."""


class SettingsWrong(Exception):
    """Some settings cannot be used.

    Args:
        faults: (variable, what is wrong with it) each; never its value.
    """

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        lines = [f"  {variable}: {reason}" for variable, reason in faults]
        super().__init__("\n".join(["These settings need a change:", *lines]))
        self.faults = faults


def _under(*parts: str) -> Callable[[dict[str, Path]], Path]:
    return lambda settled: settled["data"].joinpath(*parts)


def _database(name: str) -> Callable[[dict[str, Path]], SecretStr]:
    return lambda settled: SecretStr(f"sqlite:///{settled['data'] / name}")


def _known_backend(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(BACKENDS):
        raise PydanticCustomError("backend", f"must begin with {' or '.join(BACKENDS)}")
    return url


def _listed(text: object) -> object:
    """A list as people write it, `reporters,staff`."""
    return [item.strip() for item in text.split(",")] if isinstance(text, str) else text


Url = Annotated[SecretStr, AfterValidator(_known_backend)]


class Settings(BaseSettings):
    """What an installation chose."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,  # compose files hand on variables that nobody set
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data: Place = Field(
        Path("data"), validate_default=True, description="Directory of everything that is kept."
    )
    database_url: Url = Field(
        default_factory=_database("tribune.db"),
        description="Main database: `sqlite:///…` or `postgresql+psycopg://…`.",
        json_schema_extra={"default": "sqlite:///DATA/tribune.db"},
    )
    vault_url: Url = Field(
        default_factory=_database("vault.db"),
        description="The vault's own database, with backups of its own that are kept for a short "
        "time only.",
        json_schema_extra={"default": "sqlite:///DATA/vault.db"},
    )
    blobs: Place = Field(
        default_factory=_under("blobs"),
        description="Directory of the sealed files.",
        json_schema_extra={"default": "DATA/blobs"},
    )
    root_keys: Place = Field(
        default_factory=_under("keys", "root.d"),
        description="Directory of the root secret. Put keys on another disk; never in a backup.",
        json_schema_extra={"default": "DATA/keys/root.d"},
    )
    vault_keys: Place = Field(
        default_factory=_under("keys", "vault.d"),
        description="Directory of the vault key. As above.",
        json_schema_extra={"default": "DATA/keys/vault.d"},
    )
    log_keys: Place = Field(
        default_factory=_under("keys", "log"),
        description="Directory of the log's signing key and state. On PostgreSQL only the "
        "sequencer may read it.",
        json_schema_extra={"default": "DATA/keys/log"},
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    public_host: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.\-]+(:\d+)?$",
        description="The name people reach this installation by, without scheme. Behind a proxy, "
        "pages need it to recognise their own forms; the audit trail is named after it.",
        json_schema_extra={"default": "none"},
    )
    doors: Annotated[frozenset[Door], NoDecode, BeforeValidator(_listed)] = Field(
        frozenset({"reporters", "staff"}),
        min_length=1,
        description="Whose ways in are served: `reporters`, `staff` or both, with a comma between. "
        "A public server needs no staff routes.",
        json_schema_extra={"default": "reporters,staff"},
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that serve requests.")
    thread_tokens: int = Field(
        4, ge=2, le=40, description="Threads per worker for ordinary requests."
    )
    reporter_tick_minutes: int = Field(
        60,
        ge=0,
        le=24 * 60,
        description="Minutes between the moments at which what reporters send becomes visible to "
        "staff; 0 means at once and gives away when a reporter was active.",
    )
    report_characters: int = Field(
        64_000, ge=1_000, le=1_000_000, description="Longest report or message, in characters."
    )
    files_per_report: int = Field(
        50, ge=0, le=1_000, description="Files a reporter may add to one report."
    )
    attachment_limit_bytes: ByteSize = Field(
        ByteSize(2 * GIB),
        ge=1,
        description="Largest file, in bytes; also written as `500MB` or `2GiB`.",
        json_schema_extra={"default": "2GiB"},
    )
    smtp_host: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9.:\-]+$",
        description="Mail server through which staff are told that something waits for them; without "
        "one nobody is. Reporters are never written to. The servers and the worker need the same.",
        json_schema_extra={"default": "none"},
    )
    smtp_port: int = Field(587, ge=1, le=65_535, description="Its port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the way there is kept private: `starttls`, `tls` from the first byte, or `none` "
        "to a server on this very machine only.",
    )
    smtp_user: str | None = Field(
        None, description="Name to sign in there with.", json_schema_extra={"default": "none"}
    )
    smtp_password_file: Place | None = Field(
        None,
        description="File that holds the password for that name, and nothing else.",
        json_schema_extra={"default": "none"},
    )
    smtp_sender: str | None = Field(
        None,
        pattern=r"^[^@\s<>]+@[A-Za-z0-9.\-]+$",
        description="Address that e-mail comes from. Nobody reads what is answered to it.",
        json_schema_extra={"default": "none"},
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is logged. `debug` also tells where in the code an error arose."
    )

    @model_validator(mode="after")
    def _vault_is_apart(self) -> Self:
        if self.vault_url == self.database_url:
            # One backup of both would bring back what was shredded.
            raise PydanticCustomError("vault", "must not be the main database", {"at": "vault_url"})
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.smtp_host is None:
            return self
        if self.smtp_sender is None:
            raise PydanticCustomError("mail", "is needed to send e-mail", {"at": "smtp_sender"})
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            at = "smtp_user" if self.smtp_user is None else "smtp_password_file"
            raise PydanticCustomError("mail", "name and password go together", {"at": at})
        if self.smtp_tls == "none" and self.smtp_host not in LOOPBACK:
            # Addresses of staff, and a password, would cross the network for everybody to read.
            raise PydanticCustomError("mail", "is for this very machine only", {"at": "smtp_tls"})
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (the name is part of the signature)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (no file is read by surprise)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line first, then the environment."""
        return init_settings, env_settings


class _Embedded(Settings):
    """The same, deaf to the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load(**chosen: object) -> Settings:
    """The settings of this process: what was chosen on the command line, then the environment.

    Raises:
        SettingsWrong: with every fault there is, unknown variables included.
    """
    return _checked(Settings, chosen, _strangers(os.environ))


def for_directory(data: Path, **chosen: object) -> Settings:
    """The embedded defaults around one directory, whatever the environment says.

    A demonstration must not find its way into the database of a real installation.

    Raises:
        SettingsWrong: a chosen value cannot be used.
    """
    return _checked(_Embedded, {"data": data, **chosen}, [])


def environment(settings: Settings) -> dict[str, str]:
    """These settings as variables, for the processes that serve them."""
    variables = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if value is None:
            continue
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, frozenset):
            value = ",".join(sorted(value))
        variables[PREFIX + name.upper()] = str(value if not isinstance(value, int) else int(value))
    return variables


def table() -> str:
    """The table of settings in README, as Markdown; a test keeps the two the same."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"`{_default(field)}`"
        rows.append(f"| `{_variable(name)}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra["default"]) if isinstance(extra, dict) else str(field.default)


def _checked(
    kind: type[Settings], chosen: dict[str, object], faults: list[tuple[str, str]]
) -> Settings:
    try:
        settings = kind.model_validate(chosen)
    except ValidationError as error:
        faults = faults + _faults(error)
    else:
        if not faults:
            return settings
    # Outside the `except`: a traceback of this shows no other error, which could show a value.
    raise SettingsWrong(faults)


def _strangers(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Variables that nobody reads: most often a misspelt one, and so a setting that is not set."""
    return [
        (variable, _stranger(variable))
        for variable in sorted(environment)
        if variable.startswith(PREFIX)
        and variable.removeprefix(PREFIX).lower() not in Settings.model_fields
    ]


def _stranger(variable: str) -> str:
    near = get_close_matches(variable, map(_variable, Settings.model_fields), n=1)
    return f"no such setting; did you mean {near[0]}?" if near else "no such setting"


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    faults = []
    for item in error.errors(include_url=False, include_input=False):
        if item["type"] == "default_factory_not_called":
            continue  # follows from a fault that is listed already
        name = item["loc"][0] if item["loc"] else item.get("ctx", {}).get("at", "")
        variable = _variable(str(name))
        unknown = item["type"] == "extra_forbidden"
        faults.append((variable, _stranger(variable) if unknown else item["msg"]))
    return faults
