"""The policy on personal data of this installation, from the settings in `[zoom]`."""

import logging

from airflow.sdk import conf
from airflow.sdk.log import mask_secret

from include.warehouse.forgetting import forgotten_people
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from include.zoom.forgotten import Forgotten
from include.zoom.privacy import Policy, policy

_log = logging.getLogger(__name__)


def hash_key() -> str:
    """The secret of `[zoom] personal_hash_key`, which no log shows from here on; empty where none is set."""
    key = conf.get("zoom", "personal_hash_key").strip()
    if key:
        mask_secret(key)
    return key


def configured_policy() -> Policy:
    """What becomes of personal data.

    Raises:
        PolicyError: the settings name something that is not there, or contradict themselves.
    """
    return policy(conf.get("zoom", "personal"), conf.get("zoom", "personal_columns"), hash_key(), STREAMS)


def forgotten_in(warehouse: Warehouse) -> Forgotten:
    """Who is forgotten in the warehouse's schema.

    Raises:
        WarehouseError: it is not to be reached, or they were forgotten with another key.
    """
    with warehouse.connect() as connection:
        return forgotten_people(connection, warehouse.schema, hash_key().encode())
