"""Keeps account of every write to Airflow's variables and pools, inside its own database. After `opened.py`, in one text.

install DATABASE: from now on each write to a variable's value or a pool's description leaves a row.
read DATABASE FERNET_KEY: prints [[collection, key, text or null for a delete], ...] as JSON, oldest first.
"""

import json
import sys

SQLITE = """
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

POSTGRES = """
create table if not exists audit_of_writes
    (seq bigserial primary key, collection text not null, key text not null, val text, is_encrypted boolean);
create or replace function audit_variable() returns trigger language plpgsql as $$ begin
    if tg_op = 'DELETE' then
        insert into audit_of_writes (collection, key, val, is_encrypted) values ('variables', old.key, null, false);
    else
        insert into audit_of_writes (collection, key, val, is_encrypted) values ('variables', new.key, new.val, new.is_encrypted);
    end if;
    return null; end $$;
create or replace function audit_pool() returns trigger language plpgsql as $$ begin
    if tg_op = 'DELETE' then
        insert into audit_of_writes (collection, key, val, is_encrypted) values ('pools', old.pool, null, false);
    else
        insert into audit_of_writes (collection, key, val, is_encrypted) values ('pools', new.pool, new.description, false);
    end if;
    return null; end $$;
create or replace trigger audit_variable after insert or update of val or delete on variable
    for each row execute function audit_variable();
create or replace trigger audit_pool after insert or update of description or delete on slot_pool
    for each row execute function audit_pool();
"""


def install(database):
    connection = opened(database)
    if database.startswith("postgresql:"):
        connection.cursor().execute(POSTGRES)
    else:
        connection.executescript(SQLITE)
    connection.commit()


def read(database, fernet_key):
    from cryptography.fernet import Fernet

    fernet = Fernet(fernet_key.encode())
    rows = rows_of(database, "select collection, key, val, is_encrypted from audit_of_writes order by seq")
    plain = [
        [collection, key, fernet.decrypt(val.encode()).decode() if encrypted else val]
        for collection, key, val, encrypted in rows
    ]
    print(json.dumps(plain))


{"install": install, "read": read}[sys.argv[1]](*sys.argv[2:])
