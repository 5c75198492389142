"""`python -m tests.console.fab_people`: roles and people in the database of Airflow's FAB auth manager."""

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

PEOPLE = {"viewer": "Viewer", "reader": "Connection reader", "op": "Op"}


def main() -> None:
    """A role that may only read Connections beside FAB's own, and somebody of each."""
    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        reader = manager.add_role(PEOPLE["reader"])
        manager.add_permission_to_role(reader, manager.create_permission("can_read", "Connections"))
        for name, role in PEOPLE.items():
            found = manager.find_role(role)
            assert manager.add_user(name, name, name, f"{name}@example.com", found, password=f"fake-{name}")


if __name__ == "__main__":
    main()
