"""The libraries Tribune stands on, imported, and one route: what any such service starts with."""

import alembic.command
import argon2.low_level
import cryptography.hazmat.primitives.ciphers.aead
import pydantic_settings
import sqlmodel
import typer
from fastapi import FastAPI

USED = (alembic.command, argon2.low_level, cryptography, pydantic_settings, sqlmodel, typer)

app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


@app.get("/")
async def ok() -> str:
    """Answer."""
    return "ok"
