"""What a place in landing is: a path that fsspec reaches, such as `UPath` or Airflow's `ObjectStoragePath`.

Airflow's knows its Connections, and a task brings it. Nothing here needs more than both have, so that who reads or
writes landing outside of Airflow need not import it, which takes most of a second.
"""

from upath import UPath
from upath.extensions import ProxyUPath

Place = UPath | ProxyUPath
