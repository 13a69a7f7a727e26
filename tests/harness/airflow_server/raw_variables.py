"""Prints every stored variable as JSON: python raw_variables.py DATABASE FERNET_KEY."""

import json
import sqlite3
import sys

from cryptography.fernet import Fernet

database, fernet_key = sys.argv[1:]
fernet = Fernet(fernet_key.encode()) if fernet_key else None
connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
rows = connection.execute("select key, val, is_encrypted, description from variable")
stored = {
    key: {"text": fernet.decrypt(val.encode()).decode() if encrypted else val, "description": description}
    for key, val, encrypted, description in rows
}
print(json.dumps(stored))
