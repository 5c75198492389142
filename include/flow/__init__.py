"""What the Dag's tasks do: the way from a run's days to the warehouse, through Airflow."""
