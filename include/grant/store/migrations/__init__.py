"""What `airflow db migrate` does for the journal; named by provider.py under `db-managers`."""

from pathlib import Path
from typing import Any, NoReturn

from airflow.utils.db_manager import BaseDBManager

from include.grant.schema import VERSION_TABLE, metadata
from include.grant.store.revision import refuse_unknown


class GrantDBManager(BaseDBManager):
    """Creates and upgrades our tables, once and under Airflow's migration lock; never back."""

    metadata = metadata
    migration_dir = str(Path(__file__).parent)
    alembic_file = ""  # all there is to configure stands in this class
    version_table_name = VERSION_TABLE
    supports_table_dropping = True

    def upgradedb(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Airflow's own signature
        """See Airflow.

        Raises:
            NewerDatabase: the tables are a newer version's.
        """
        refuse_unknown(self.get_current_revision())  # type: ignore[no-untyped-call]
        super().upgradedb(*args, **options)  # type: ignore[no-untyped-call]

    def downgrade(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 - Airflow's own signature
        """Refuses: what a grant needs to live on would go with the columns."""
        raise NotImplementedError(
            "The tables of grants go forward only: restore a backup from before the migration."
        )
