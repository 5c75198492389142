"""Raw pages and Parquet with manifests, on any object store that Airflow's `ObjectStoragePath` reaches.

    <account>/<stream>/<attempt>/part-00001.ndjson.zst   pages, one per line
    <account>/<stream>/<attempt>/part-00001.json         what is in it, so that a killed pull goes on from there
    <account>/<stream>/<attempt>/manifest.json           written last
    <account>/<stream>/<attempt>/frames-<id>/…           Parquet, with a manifest of its own written last
    <account>/<stream>/snapshots/2026-01-31.json         where that day's snapshot is
    <account>/<stream>/shared/…json                      where a window lies that a backfill's runs share
    <account>/<stream>/shared/….claim.json               who is making it
    <account>/<stream>/finals/…json                      where a final day lies, and its parents

Folders of attempts are UUIDv7. Nothing is ever found by listing, but what is to be deleted or forgotten: a file that no
manifest names is not there. What a store must promise: docs/adr/0018-landing-needs-little-of-a-store.md.
"""

from include.landing.attempt import Attempt
from include.landing.claims import AtWork, Claim
from include.landing.errors import LandingDamaged, LandingError, LandingFull
from include.landing.frames import FrameFolder
from include.landing.manifest import FrameFile, FrameManifest, LandedFile, Manifest
from include.landing.shared import SharedPlace
from include.landing.store import Landing

__all__ = [
    "AtWork",
    "Attempt",
    "Claim",
    "FrameFile",
    "FrameFolder",
    "FrameManifest",
    "LandedFile",
    "Landing",
    "LandingDamaged",
    "LandingError",
    "LandingFull",
    "Manifest",
    "SharedPlace",
]
