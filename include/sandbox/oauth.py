"""Zoom's authorisation server over HTTP: authorise, token, revoke."""

import base64
import hashlib
import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from include.sandbox.clock import Clock
from include.sandbox.requests import RequestLog
from include.sandbox.settings import Settings
from include.sandbox.tokens import Tokens

CODE_SECONDS = 300
GRANTS = ("authorization_code", "refresh_token", "account_credentials")
Parameters = Mapping[str, str]
# Zoom's error bodies are not those of RFC 6749: a sentence in `reason`, a word in `error`.
INVALID_TOKEN = {"reason": "Invalid Token!", "error": "invalid_grant"}
INVALID_CLIENT = {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}
WRONG_GRANT = {"reason": "unsupported grant type", "error": "unsupported_grant_type"}
INVALID_CODE = {"reason": "Invalid authorization code", "error": "invalid_grant"}
REDIRECT_MISMATCH = {"reason": "Redirect URI mismatch", "error": "invalid_grant"}
BAD_REQUEST = {"reason": "Bad Request", "error": "invalid_request"}
NO_ACCOUNT = {"reason": "Account does not exist", "error": "invalid_request"}


@dataclass(frozen=True, repr=False)
class Code:
    """An authorisation code's conditions; it works once, for five minutes."""

    redirect_uri: str
    challenge: str
    method: str
    expires_at: float
    account: str
    scopes: str


class OAuth:
    """The three endpoints under `/oauth`."""

    def __init__(self, settings: Settings, clock: Clock, tokens: Tokens, log: RequestLog) -> None:
        self._settings = settings
        self._clock = clock
        self._tokens = tokens
        self._log = log
        self._codes: dict[str, Code] = {}
        self._handed_out = tokens.handed_out
        self._handed_out.add("client", settings.client_secret)

    async def authorize(self, request: Request) -> Response:
        """The page on which a person allows or denies; with `allow` it answers as if they had."""
        asked = await _parameters(request)
        self._handed_out.add("state", asked.get("state", ""))
        if problem := self._problem(asked):
            return HTMLResponse(_PROBLEM.format(problem=html.escape(problem)), status_code=400)
        decision = asked.get("decision", "allow" if self._settings.allow else "")
        if decision == "allow":
            return _back(asked, {"code": self._new_code(asked)})
        if decision == "deny":
            return _back(asked, {"error": "access_denied"})
        return HTMLResponse(self._page(asked))

    async def token(self, request: Request) -> Response:
        """The token endpoint; parameters in the body or in the query string, client in a Basic header."""
        asked = await _parameters(request)
        grant = asked.get("grant_type", "")
        answer = self._refusal(request, grant) or self._grant(grant, asked)
        refused = "error" in answer
        self._log.token_post(grant if grant in GRANTS else "other", str(answer.get("error", "ok")))
        return JSONResponse(answer, status_code=400 if refused else 200)

    async def revoke(self, request: Request) -> Response:
        """Ends the grant behind an access token."""
        if not self._is_client(request):
            return JSONResponse(INVALID_CLIENT, status_code=400)
        self._tokens.revoke((await _parameters(request)).get("token", ""))
        return JSONResponse({"status": "success"})

    def _problem(self, asked: Parameters) -> str:
        if asked.get("client_id") != self._settings.client_id:
            return "Invalid client_id (4,700)"
        if asked.get("response_type") != "code":
            return "Invalid response_type (4,706)"
        redirect_uri = asked.get("redirect_uri", "")
        if not redirect_uri or self._settings.redirect_uri not in ("", redirect_uri):
            return "Invalid redirect url (4,709)"
        return ""

    def _new_code(self, asked: Parameters) -> str:
        now = self._clock.seconds()
        self._codes = {code: kept for code, kept in self._codes.items() if kept.expires_at > now}
        code = secrets.token_urlsafe(32)
        self._handed_out.add("code", code)
        self._codes[code] = Code(
            asked["redirect_uri"],
            asked.get("code_challenge", ""),
            asked.get("code_challenge_method", "plain"),
            now + CODE_SECONDS,
            asked.get("account", ""),
            asked.get("scopes", ""),
        )
        return code

    def _page(self, asked: Parameters) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        account, scopes = (html.escape(text) for text in (self._settings.account, self._settings.scopes))
        return _PAGE.format(hidden=hidden, account=account, scopes=scopes)

    def _refusal(self, request: Request, grant: str) -> dict[str, object]:
        if not self._is_client(request):
            return dict(INVALID_CLIENT)
        return {} if grant in self._settings.grants else dict(WRONG_GRANT)

    def _is_client(self, request: Request) -> bool:
        expected = f"{self._settings.client_id}:{self._settings.client_secret}".encode()
        header = request.headers.get("authorization", "")
        return secrets.compare_digest(header.encode(), b"Basic " + base64.b64encode(expected))

    def _grant(self, grant: str, asked: Parameters) -> dict[str, object]:
        if grant == "authorization_code":
            return self._exchange(asked)
        if grant == "refresh_token":
            return self._tokens.refresh(asked.get("refresh_token", "")) or dict(INVALID_TOKEN)
        if "account_id" not in asked:
            return dict(BAD_REQUEST)
        return (
            self._tokens.for_account() if asked["account_id"] == self._settings.account else dict(NO_ACCOUNT)
        )

    def _exchange(self, asked: Parameters) -> dict[str, object]:
        self._handed_out.add("verifier", asked.get("code_verifier", ""))
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.expires_at <= self._clock.seconds():
            return dict(INVALID_CODE)
        if asked.get("redirect_uri") != code.redirect_uri:
            return dict(REDIRECT_MISMATCH)
        if code.challenge and _challenge(asked.get("code_verifier", ""), code.method) != code.challenge:
            return dict(INVALID_CODE)
        return self._tokens.consent(code.account, code.scopes)


def _challenge(verifier: str, method: str) -> str:
    if method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


async def _parameters(request: Request) -> dict[str, str]:
    form = await request.form() if request.method == "POST" else {}
    return {**request.query_params, **{name: str(value) for name, value in form.items()}}


def _back(asked: Parameters, result: dict[str, str]) -> Response:
    if "state" in asked:
        result["state"] = asked["state"]
    separator = "&" if "?" in asked["redirect_uri"] else "?"
    return RedirectResponse(f"{asked['redirect_uri']}{separator}{urlencode(result)}", status_code=302)


_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Authorise - simulated Zoom</title></head>
<body>
<h1>Simulated Zoom</h1>
<p>An app asks to read this account's data. Nothing here is real.</p>
<form method="post" action="authorize">{hidden}
<p><label>Signed in to the account <input name="account" value="{account}"></label></p>
<p><label>Scopes of the app <textarea name="scopes" rows="8" cols="60">{scopes}</textarea></label></p>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
</body>
</html>
"""
_PROBLEM = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Error - simulated Zoom</title></head>
<body><h1>Error</h1><p>{problem}</p></body>
</html>
"""
