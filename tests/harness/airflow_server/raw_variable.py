"""Prints the stored text of a variable as JSON: python raw_variable.py DATABASE KEY FERNET_KEY."""

import json
import sqlite3
import sys

from cryptography.fernet import Fernet

database, key, fernet_key = sys.argv[1:]
connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)
row = connection.execute("select val, is_encrypted from variable where key = ?", (key,)).fetchone()
if row is None:
    text = None
elif row[1]:
    text = Fernet(fernet_key.encode()).decrypt(row[0].encode()).decode()
else:
    text = row[0]
print(json.dumps(text))
