"""The one web app at /zoom in Airflow's API server: the broker's routes, the page's routes and its files."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response

from include.console.discretion import Discretion
from include.console.routes import router as page
from include.grant.broker import lifespan
from include.grant.broker import router as broker


class _Files(StaticFiles):
    """The page's script; a browser asks each time whether it has changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - Starlette's own signature
        """See Starlette."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


app = FastAPI(title="Zoom", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
app.include_router(broker)
app.include_router(page)
app.mount("/static", _Files(directory=Path(__file__).parent / "static"))
app.add_middleware(Discretion)
