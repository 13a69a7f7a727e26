"""What Airflow lists of the distribution among its providers."""

from __future__ import annotations

from typing import Any


def provider_info() -> dict[str, Any]:
    """The provider's entry."""
    return {
        "package-name": "airflow-provider-leeward",
        "name": "Leeward",
        "description": "DAGs that keep Leeward's typed collections in a database.",
        "versions": ["0.1.0"],
    }
