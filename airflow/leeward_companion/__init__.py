"""Leeward's companion: DAGs that keep typed collections in a database, for analysts to edit and pipelines to read."""
