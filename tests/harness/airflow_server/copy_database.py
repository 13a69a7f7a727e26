"""Copies a SQLite database over another while servers use them: each sees either the old one or the new one whole.

python copy_database.py FROM TO
"""

import sqlite3
import sys

source, target = (sqlite3.connect(path, timeout=120) for path in sys.argv[1:])
source.backup(target)
