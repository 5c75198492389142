"""What `airflow db migrate` does for the journal; named by provider.py under `db-managers`."""

from pathlib import Path

from airflow.utils.db_manager import BaseDBManager

from include.grant.schema import metadata


class GrantDBManager(BaseDBManager):
    """Creates and upgrades `zoom_grant`, once and under Airflow's migration lock."""

    metadata = metadata
    migration_dir = str(Path(__file__).parent)
    alembic_file = ""  # all there is to configure stands in this class
    version_table_name = "alembic_version_zoom_grant"
    supports_table_dropping = True
