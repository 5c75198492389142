"""
### Zoom, day by day, into the warehouse.

Every stream goes `pull → transform → load` over the run's days (UTC):

* a **scheduled** run takes the day before, and each of the last seven that ended 48 hours ago and is not final;
* a **backfill** takes exactly its dates; clear any task at any time: the warehouse ends the same;
* a **manual** run takes *first day* to *last day*, or the last full day when both are empty.

Which streams run: those of the parameter *streams*, else of the setting `[zoom] streams`; their parents come along.
`plan` leaves out what the account does not give, and says why. `transform` and `load` ask Zoom for nothing. A stream
the account turns out not to be entitled to is skipped with its reason as the first line of its log.

Other schedules, accounts and choices of streams are a call of `build_dag` each, in a file of their own beside this one.
Airflow takes a file for a Dag's only where both words stand in it.
"""

from include.flow.dag import build_dag

build_dag("zoom_daily", doc_md=__doc__)
