"""Keeps account of every write to Airflow's variables and pools, inside its own database.

python audit.py install DATABASE: from now on each write to a variable's value or a pool's description leaves a row.
python audit.py read DATABASE FERNET_KEY: prints [[collection, key, text or null for a delete], ...] as JSON, oldest first.
"""

import json
import sqlite3
import sys

INSTALL = """
create table if not exists audit_of_writes
    (seq integer primary key autoincrement, collection text not null, key text not null, val text, is_encrypted boolean);
create trigger if not exists audit_insert after insert on variable begin
    insert into audit_of_writes (collection, key, val, is_encrypted) values ('variables', new.key, new.val, new.is_encrypted); end;
create trigger if not exists audit_update after update of val on variable begin
    insert into audit_of_writes (collection, key, val, is_encrypted) values ('variables', new.key, new.val, new.is_encrypted); end;
create trigger if not exists audit_delete after delete on variable begin
    insert into audit_of_writes (collection, key, val, is_encrypted) values ('variables', old.key, null, 0); end;
create trigger if not exists audit_pool_insert after insert on slot_pool begin
    insert into audit_of_writes (collection, key, val, is_encrypted) values ('pools', new.pool, new.description, 0); end;
create trigger if not exists audit_pool_update after update of description on slot_pool begin
    insert into audit_of_writes (collection, key, val, is_encrypted) values ('pools', new.pool, new.description, 0); end;
create trigger if not exists audit_pool_delete after delete on slot_pool begin
    insert into audit_of_writes (collection, key, val, is_encrypted) values ('pools', old.pool, null, 0); end;
"""


def install(database):
    with sqlite3.connect(database, timeout=60) as connection:
        connection.executescript(INSTALL)


def read(database, fernet_key):
    from cryptography.fernet import Fernet

    fernet = Fernet(fernet_key.encode())
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)
    rows = connection.execute("select collection, key, val, is_encrypted from audit_of_writes order by seq")
    plain = [
        [collection, key, fernet.decrypt(val.encode()).decode() if encrypted else val]
        for collection, key, val, encrypted in rows
    ]
    print(json.dumps(plain))


{"install": install, "read": read}[sys.argv[1]](*sys.argv[2:])
