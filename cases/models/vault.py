"""The vault: a database of its own that holds one shred key for each thing that can be forgotten apart."""

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table

vault_metadata = MetaData()

shred_key = Table(
    "shred_key",
    vault_metadata,
    Column("tag", LargeBinary, primary_key=True),
    Column("vault_ver", Integer, nullable=False),
    Column("env", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
