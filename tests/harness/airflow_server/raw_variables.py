"""Prints every stored variable as JSON: DATABASE FERNET_KEY. After `opened.py`, in one text."""

import json
import sys

from cryptography.fernet import Fernet

database, fernet_key = sys.argv[1:]
fernet = Fernet(fernet_key.encode()) if fernet_key else None
stored = {
    key: {"text": fernet.decrypt(val.encode()).decode() if encrypted else val, "description": description}
    for key, val, encrypted, description in rows_of(database, "select key, val, is_encrypted, description from variable")
}
print(json.dumps(stored))
