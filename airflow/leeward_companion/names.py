"""Names of fields and collections (they become SQL identifiers and ids of DAGs), and what Airflow hides by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .faults import Faults
from .tree import Number, below

#: The longest field name: PostgreSQL cuts longer identifiers off.
FIELD_LENGTH_MAX = 63
#: The longest collection name; it leaves room for what names derived from it begin or end with.
COLLECTION_LENGTH_MAX = 48

#: A name that contains one of these, in any case, is hidden by Airflow (`airflow._shared.secrets_masker`, 3.3.2).
SENSITIVE_WORDS = (
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "auth_header",
    "authorization",
    "bearer",
    "connection_string",
    "dsn",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "service_key",
    "token",
    "webhook_url",
)
#: What Airflow writes in place of a secret, or of what it failed to look through.
MASKS = ("***", "<redaction-failed>")

#: Columns that each table of PostgreSQL has.
_SYSTEM_COLUMNS = ("cmax", "cmin", "ctid", "tableoid", "xmax", "xmin")
_BUILT_IN = ("variables", "pools", "dags", "run_notes", "task_notes")
_RESERVED = ("leeward_", "sqlite_")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def check_field(name: str, pointer: str, faults: Faults) -> None:
    """Note what is wrong with a field's name."""
    _check(name, FIELD_LENGTH_MAX, pointer, faults)


def check_column(name: str, pointer: str, faults: Faults) -> None:
    """Note where a table cannot have a column of that name."""
    if name in _SYSTEM_COLUMNS:
        faults.add(pointer, "has the name of a column that each table of PostgreSQL has", "Call it something else.")


def check_collection(name: str, pointer: str, faults: Faults) -> None:
    """Note what is wrong with a collection's name."""
    _check(name, COLLECTION_LENGTH_MAX, pointer, faults)
    if name in _BUILT_IN:
        faults.add(pointer, "is the name of a built-in collection", "Call it something else.")
    for prefix in _RESERVED:
        if name.startswith(prefix):
            what = f"begins with {prefix}, which is reserved for tables"
            faults.add(pointer, what, "Let it begin with something else.")


def is_sensitive(name: str) -> bool:
    """Whether Airflow would hide a value of this name."""
    plain = re.sub(r"\W+", "_", name.strip().lower())
    return any(word in plain for word in SENSITIVE_WORDS)


def sensitive_places(value: Any, pointer: str = "") -> Iterator[str]:
    """The pointers of what Airflow would hide in a value, and of texts that hold a mask."""
    if isinstance(value, str) and any(mask in value for mask in MASKS):
        yield pointer
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from sensitive_places(item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        for name, member in value.items():
            place = below(pointer, name)
            if is_sensitive(name) and _holds_a_secret(member):
                yield place
            else:
                yield from sensitive_places(member, place)


def _holds_a_secret(value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_a_secret(item) for item in value)
    if isinstance(value, dict):
        return any(_holds_a_secret(member) for member in value.values())
    return isinstance(value, Number) or (isinstance(value, str) and value != "")


def _check(name: str, length_max: int, pointer: str, faults: Faults) -> None:
    if not _IDENTIFIER.fullmatch(name) or len(name) > length_max:
        instead = (
            f"Use a small letter, then small letters, digits and _, {length_max} characters at most "
            "(what people are to read is `title`)."
        )
        faults.add(pointer, "is not a name that a data model can use", instead)
    if name == "constructor":
        what = "has a name that every object of JavaScript has already: a record without it would seem to have it"
        faults.add(pointer, what, "Call it something else.")
    if is_sensitive(name):
        word = next((word for word in SENSITIVE_WORDS if word in name.lower()), None)
        instead = f'Call it something without "{word}".' if word else "Call it something else."
        what = (
            "has a name that Airflow takes for that of a secret: it hides such values, and they could not be read back"
        )
        faults.add(pointer, what, instead)
