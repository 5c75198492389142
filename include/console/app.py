"""The one web app at /zoom in Airflow's API server: the broker's routes, the page's routes and its files."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, status
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import JSONResponse, Response

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


app = FastAPI(
    title="Zoom",
    lifespan=lifespan,
    redirect_slashes=False,
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
)
app.include_router(broker)
app.include_router(page)
app.mount("/static", _Files(directory=Path(__file__).parent / "static"))
app.add_middleware(Discretion)


@app.exception_handler(status.HTTP_401_UNAUTHORIZED)
async def say_signed_out(request: Request, error: HTTPException) -> Response:
    """Zoom's way back ends in a browser, where a person reads what to do next."""
    if request.url.path.rstrip("/").endswith("/callback"):
        return HTMLResponse(_SIGNED_OUT, error.status_code)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


_SIGNED_OUT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Not connected</title></head>
<body style="font-family: sans-serif; margin: 4rem auto; max-width: 36rem">
<h1>Not connected</h1>
<p>You were signed out of Airflow meanwhile, so Zoom's answer was not used.</p>
<p><a href="../plugin/zoom">Sign in and press Connect again</a></p>
</body>
</html>
"""
