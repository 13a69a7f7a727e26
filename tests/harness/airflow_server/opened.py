"""The database of an Airflow, as a script opens it: by the path of a SQLite file, or by the address of a PostgreSQL."""


def opened(place):
    if place.startswith("postgresql:"):
        import psycopg2

        return psycopg2.connect(place)
    import sqlite3

    return sqlite3.connect(place, timeout=60)


def rows_of(place, sql):
    connection = opened(place)
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor.fetchall()


