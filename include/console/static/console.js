/**
 * The Zoom page inside Airflow, over the React and Chakra UI that Airflow's own page exposes: no build, no copy.
 *
 * It asks and tells the routes in include/console/routes.py. Every address is relative to the document's base,
 * so it works under a path prefix. Colours are Airflow's tokens, so it follows Airflow's light and dark.
 */
const { createElement: h, Fragment, useCallback, useEffect, useRef, useState } = globalThis.React;
const C = globalThis.ChakraUI;

const LIFE_DAYS = 90; // of a refresh token of Zoom
const OLD_DAYS = 60;
const LOOK_AGAIN_MS = 30_000;

/** Of each state: Airflow's colour for it, its name, and what it means where the server gives no reason. */
const WORDS = {
  connected: ["success", "Connected", ""],
  unused: ["none", "Ready", "No task has asked for a token yet."],
  not_connected: ["awaiting_input", "Not connected", "Nobody has authorised this app yet."],
  old: ["warning", "Token is old", ""],
  waiting: ["up_for_retry", "Trying again", ""],
  misconfigured: ["failed", "Refused by Zoom", ""],
  consent_required: ["failed", "Consent required", ""],
  unreadable: ["failed", "Cannot be used", ""],
};
const ACUTE = ["consent_required", "misconfigured", "unreadable", "not_connected", "old"]; // what waits for a person first
const IN_CONNECTIONS = ["unreadable", "misconfigured"];
const KINDS = { true: "General app", false: "Server-to-server app" };
const PLANS = { free: "Free", pro: "Pro", business: "Business or higher" };
const NEW_ACCOUNT = {
  connection_id: "zoom_default",
  kind: "general",
  client_id: "",
  client_secret: "",
  account_id: "",
  plan: "pro",
  cloud: "zoom",
};

// ---- talking to Airflow -------------------------------------------------------------------------------------

class Refusal extends Error {
  constructor(status, body) {
    const said = body.message ?? (typeof body.detail === "string" ? body.detail : null);
    super(said ?? `Airflow's API server answered ${status}.`);
    this.status = status;
    this.fields = body.fields ?? {};
    this.notice = body.notice ?? null;
  }
}

const ask = async (path, fields) => {
  const options = { headers: { Accept: "application/json" } };
  if (fields) {
    Object.assign(options, { method: "POST", body: new URLSearchParams(fields) });
  }
  const answer = await fetch(new URL(path, document.baseURI), options);
  if (answer.status === 401) {
    signIn();
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refusal(answer.status, body);
  }
  return body;
};

const signIn = () => {
  const login = new URL("api/v2/auth/login", document.baseURI);
  login.searchParams.set("next", globalThis.location.href);
  globalThis.location.replace(login);
};

const pathOf = (account, action) => `zoom/accounts/${encodeURIComponent(account.connection_id)}/${action}`;

// ---- words --------------------------------------------------------------------------------------------------

/** The time zone that is chosen in Airflow's own menu. */
const timeZone = () => {
  const kept = (localStorage.getItem("timezone") ?? "").replaceAll('"', "");
  try {
    return kept && Intl.DateTimeFormat("en", { timeZone: kept }) ? kept : "UTC";
  } catch {
    return "UTC";
  }
};

/** As Airflow writes times: 2026-11-24 07:09:03. */
const timeText = (iso) =>
  new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: timeZone() }).format(
    new Date(iso),
  );

const agoText = (iso) => {
  const seconds = (new Date(iso) - Date.now()) / 1000;
  const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]].find(
    ([, length]) => Math.abs(seconds) >= length || length === 1,
  );
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
};

const byUrgency = (accounts) =>
  accounts.toSorted((one, other) => Number(ACUTE.includes(other.word)) - Number(ACUTE.includes(one.word)));

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

// ---- pieces -------------------------------------------------------------------------------------------------

const Time = ({ iso }) =>
  h(C.Text, { as: "time", dateTime: iso, title: `${timeText(iso)} (${timeZone()})` },
    timeText(iso), h(C.Text, { as: "span", color: "fg.muted" }, ` · ${agoText(iso)}`));

const Said = ({ notice, onClose }) => {
  const box = useRef(null);
  useEffect(() => box.current?.focus(), [notice.text]);
  return h(C.Alert.Root, { ref: box, status: notice.kind, role: "status", tabIndex: -1, outline: "none", "data-testid": "zoom-notice" },
    h(C.Alert.Indicator),
    h(C.Alert.Content, { minWidth: 0 },
      h(C.Alert.Title, null, notice.title),
      h(C.Alert.Description, { overflowWrap: "anywhere" }, notice.text)),
    onClose && h(C.CloseButton, { size: "xs", "aria-label": "Close this notice", onClick: onClose }));
};

const Fact = ({ label, wide = false, children }) =>
  h(C.DataList.Item, { minWidth: 0, gridColumn: wide ? "1 / -1" : undefined },
    h(C.DataList.ItemLabel, null, label),
    h(C.DataList.ItemValue, { overflowWrap: "anywhere", display: "block", minWidth: 0 }, children));

const None = ({ children = "–" }) => h(C.Text, { color: "fg.muted" }, children);

const State = ({ word }) => {
  const [palette, name] = WORDS[word];
  return h(C.Badge, { colorPalette: palette, variant: "solid", size: "md", "data-testid": "zoom-state" }, name);
};

const TokenAge = ({ account }) => {
  if (account.age_days === null) {
    return h(None, null, account.rotates ? "–" : "None: a server-to-server app has no refresh token");
  }
  const palette = account.age_days >= OLD_DAYS ? "warning" : "success";
  return h(C.Progress.Root, { value: Math.min(account.age_days, LIFE_DAYS), max: LIFE_DAYS, size: "xs", maxWidth: "14rem", colorPalette: palette },
    h(C.Progress.Label, { fontWeight: "normal", fontSize: "sm", mb: 1 }, `${counted(account.age_days, "day")} of ${LIFE_DAYS}`),
    h(C.Progress.Track, null, h(C.Progress.Range, { bg: "colorPalette.solid" })));
};

const ScopeList = ({ children }) =>
  h(C.VStack, { as: "ul", alignItems: "start", gap: 1, listStyleType: "none", m: 0, p: 0 }, children);

const ScopeName = ({ children }) => h(C.Code, { size: "sm", overflowWrap: "anywhere", whiteSpace: "normal" }, children);

const Scopes = ({ scopes }) => {
  const [open, setOpen] = useState(false);
  return h(Fragment, null,
    h(C.Button, { variant: "plain", size: "sm", height: "auto", p: 0, minWidth: 0, fontWeight: "normal", color: "fg.info",
      "aria-expanded": open, onClick: () => setOpen(!open) },
    `${counted(scopes.length, "scope")}, ${open ? "hide" : "show"}`),
    open && h(C.Box, { mt: 2 }, h(ScopeList, null, scopes.map((scope) => h("li", { key: scope }, h(ScopeName, null, scope))))));
};

const Missing = ({ account }) => {
  if (account.missing.length === 0) {
    return h(None, null, account.granted.length === 0 ? "Not known yet" : "None");
  }
  return h(ScopeList, null, account.missing.map(({ scope, wanted_by }) =>
    h("li", { key: scope, "data-testid": "zoom-missing" },
      h(ScopeName, null, scope), h(C.Text, { as: "span", color: "fg.muted", fontSize: "sm" }, ` for ${wanted_by.join(", ")}`))));
};

const Reason = ({ account }) => {
  const text = account.reason || WORDS[account.word][2];
  if (!text) {
    return null;
  }
  const palette = WORDS[account.word][0];
  return h(C.Box, { borderLeftWidth: 3, borderColor: `${palette}.solid`, pl: 3, mb: account.readable ? 4 : 0, "data-testid": "zoom-reason" },
    h(C.Text, { overflowWrap: "anywhere" }, text),
    IN_CONNECTIONS.includes(account.word) && account.may_edit &&
      h(C.Link, { href: "connections", color: "fg.info", fontSize: "sm" }, "Correct it in Admin → Connections"),
    account.next_attempt_at && h(C.Text, { color: "fg.muted", fontSize: "sm" }, "Next attempt from ", timeText(account.next_attempt_at)));
};

/** heavy+resource_intensive → Heavy and resource-intensive requests today. */
const capLabel = ({ labels }) => {
  const text = labels.replaceAll("_", "-").replaceAll("+", " and ");
  return `${text[0].toUpperCase()}${text.slice(1)} requests today`;
};

const Cap = ({ cap }) =>
  h(Fact, { label: capLabel(cap) },
    h(C.Progress.Root, { value: Math.min(cap.used, cap.cap), max: cap.cap, size: "xs", maxWidth: "14rem",
      colorPalette: cap.used < cap.cap ? "success" : "warning", "data-testid": "zoom-cap" },
    h(C.Progress.Label, { fontWeight: "normal", fontSize: "sm", mb: 1 },
      `${cap.used.toLocaleString("en")} of ${cap.cap.toLocaleString("en")}, ${cap.by_backfills.toLocaleString("en")} by backfills`),
    h(C.Progress.Track, null, h(C.Progress.Range, { bg: "colorPalette.solid" }))),
    h(C.Text, { color: "fg.muted", fontSize: "sm" }, `anew at ${timeText(cap.resets_at)}`));

const cloudOf = (account) => (account.oauth_url?.includes("zoomgov.com") ? "Zoom for Government" : null);

const Consented = ({ account }) =>
  h(Fact, { label: "Consented by" }, account.consented_at
    ? h(Fragment, null, h(C.Text, null, account.consented_by), h(Time, { iso: account.consented_at }))
    : h(None));

const Facts = ({ account }) =>
  h(C.DataList.Root, { display: "grid", gap: 5, gridTemplateColumns: "repeat(auto-fill, minmax(min(17rem, 100%), 1fr))" },
    h(Fact, { label: "Zoom account" }, account.account_id ?? h(None, null, "Not known yet")),
    h(Fact, { label: "Plan" }, PLANS[account.plan] ?? h(None)),
    account.caps.filter((cap) => cap.used > 0).map((cap) => h(Cap, { key: cap.labels, cap })),
    account.rotated_at && h(Fragment, null,
      account.rotates && h(Consented, { account }),
      h(Fact, { label: account.rotates ? "Last rotation" : "Last token" }, h(Time, { iso: account.rotated_at })),
      h(Fact, { label: "Refresh token's age" }, h(TokenAge, { account })),
      h(Fact, { label: "Granted" }, account.granted.length > 0 ? h(Scopes, { scopes: account.granted }) : h(None, null, "Not known yet")),
      h(Fact, { label: "Missing", wide: account.missing.length > 0 }, h(Missing, { account }))));

// ---- one account --------------------------------------------------------------------------------------------

/** A real form: its POST takes the whole tab to Zoom. */
const ConnectForm = ({ account, page }) => {
  const [leaving, setLeaving] = useState(false);
  useEffect(() => {
    const stay = () => setLeaving(false); // the browser's Back button may bring this very page again
    globalThis.addEventListener("pageshow", stay);
    return () => globalThis.removeEventListener("pageshow", stay);
  }, []);
  const onSubmit = (event) => {
    if (leaving) {
      event.preventDefault();
    }
    setLeaving(true);
  };
  const again = account.consented_at !== null || account.age_days !== null || account.word === "consent_required";
  const wanted = ACUTE.includes(account.word);
  return h("form", { method: "post", action: pathOf(account, "connect"), onSubmit },
    h("input", { type: "hidden", name: "token", value: page.token }),
    h(C.Button, { type: "submit", size: "sm", loading: leaving, disabled: !page.redirect_uri,
      variant: wanted ? "solid" : "outline", colorPalette: wanted ? "brand" : "gray",
      "aria-label": `${again ? "Reconnect" : "Connect"} ${account.connection_id}` }, again ? "Reconnect" : "Connect"));
};

const Account = ({ account, page, onDisconnect }) => {
  const acts = account.may_edit && account.rotates && account.readable;
  const disconnects = acts && account.age_days !== null && account.word !== "consent_required";
  return h(C.Card.Root, { as: "section", size: "sm", variant: "outline", "aria-label": account.connection_id, "data-testid": `zoom-account-${account.connection_id}` },
    h(C.Card.Header, null,
      h(C.Flex, { gap: 3, alignItems: "center", justifyContent: "space-between", flexWrap: "wrap" },
        h(C.Flex, { gap: 3, alignItems: "center", flexWrap: "wrap", minWidth: 0 },
          h(C.Heading, { as: "h2", size: "md", overflowWrap: "anywhere" }, account.connection_id),
          h(State, { word: account.word }),
          account.readable && h(C.Badge, { variant: "outline" }, KINDS[account.rotates]),
          cloudOf(account) && h(C.Badge, { variant: "outline" }, cloudOf(account))),
        h(C.HStack, { gap: 2 },
          disconnects && h(C.Button, { size: "sm", variant: "outline", colorPalette: "danger", onClick: () => onDisconnect(account),
            "aria-label": `Disconnect ${account.connection_id}` }, "Disconnect"),
          acts && h(ConnectForm, { account, page })))),
    h(C.Card.Body, null,
      h(Reason, { account }),
      account.readable && h(Facts, { account })));
};

// ---- dialogs ------------------------------------------------------------------------------------------------

const Window = ({ title, onClose, onSubmit, submit, busy, palette = "brand", children }) =>
  h(C.Dialog.Root, { open: true, onOpenChange: ({ open }) => open || onClose(), scrollBehavior: "inside" },
    h(C.Portal, null,
      h(C.Dialog.Backdrop),
      h(C.Dialog.Positioner, null,
        h(C.Dialog.Content, { as: "form", noValidate: true, onSubmit: (event) => { event.preventDefault(); onSubmit(); } },
          h(C.Dialog.Header, null, h(C.Dialog.Title, null, title)),
          h(C.Dialog.Body, null, children),
          h(C.Dialog.Footer, null,
            h(C.Button, { variant: "outline", onClick: onClose }, "Cancel"),
            h(C.Button, { type: "submit", colorPalette: palette, loading: busy }, submit)),
          h(C.Dialog.CloseTrigger, { asChild: true }, h(C.CloseButton, { size: "sm" }))))));

/** Keeps what a dialog's action is at: busy, or what was refused. */
const useAction = (action) => {
  const [at, setAt] = useState({ busy: false, refusal: null });
  const run = async () => {
    setAt({ busy: true, refusal: null });
    try {
      await action();
    } catch (refusal) {
      setAt({ busy: false, refusal });
    }
  };
  return { ...at, run };
};

const Refused = ({ refusal }) =>
  refusal && h(C.Box, { mb: 4 }, h(Said, { notice: refusal.notice ?? { kind: "error", title: "That did not work", text: refusal.message } }));

const Entry = ({ label, help, error, required = true, children }) =>
  h(C.Field.Root, { invalid: Boolean(error), required },
    h(C.Field.Label, null, label, h(C.Field.RequiredIndicator)),
    children,
    error ? h(C.Field.ErrorText, null, error) : help && h(C.Field.HelperText, { overflowWrap: "anywhere" }, help));

const Choice = ({ name, values, set, of }) =>
  h(C.NativeSelect.Root, null,
    h(C.NativeSelect.Field, { name, value: values[name], onChange: set },
      Object.entries(of).map(([value, text]) => h("option", { key: value, value }, text))),
    h(C.NativeSelect.Indicator));

const AddAccount = ({ page, onClose, onDone }) => {
  const taken = page.accounts.some(({ connection_id }) => connection_id === NEW_ACCOUNT.connection_id);
  const [values, setValues] = useState({ ...NEW_ACCOUNT, ...(taken && { connection_id: "" }) });
  const set = ({ target }) => setValues((before) => ({ ...before, [target.name]: target.value }));
  const { busy, refusal, run } = useAction(async () => onDone(await ask("zoom/accounts", { ...values, token: page.token })));
  const wrong = refusal?.fields ?? {};
  const general = values.kind === "general";
  const text = (name, more) => h(C.Input, { name, value: values[name], onChange: set, autoComplete: "off", spellCheck: false, ...more });
  return h(Window, { title: "Add a Zoom account", submit: "Add", busy, onClose, onSubmit: run },
    Object.keys(wrong).length === 0 && h(Refused, { refusal }),
    h(C.VStack, { gap: 4, alignItems: "stretch" },
      h(Entry, { label: "Connection id", help: "The Dag uses zoom_default unless a run names another.", error: wrong.connection_id },
        text("connection_id")),
      h(Entry, { label: "Kind of app", error: wrong.kind,
        help: general ? "A person consents once, then the token rotates by itself." : "No consent; it works while the app's owner is an admin." },
      h(Choice, { name: "kind", values, set, of: { general: "General app, admin-managed", server_to_server: "Server-to-server OAuth app" } })),
      h(Entry, { label: "Client ID", error: wrong.client_id }, text("client_id")),
      h(Entry, { label: "Client secret", error: wrong.client_secret }, text("client_secret", { type: "password", autoComplete: "new-password" })),
      !general && h(Entry, { label: "Account ID", error: wrong.account_id }, text("account_id")),
      h(Entry, { label: "Plan", help: "It sets how fast Zoom may be asked, and leaves out what the plan does not have.", error: wrong.plan }, h(Choice, { name: "plan", values, set, of: PLANS })),
      h(Entry, { label: "Cloud", error: wrong.cloud },
        h(Choice, { name: "cloud", values, set, of: { zoom: "Zoom", zoomgov: "Zoom for Government" } })),
      h(C.Box, { fontSize: "sm", color: "fg.muted" },
        h(C.Text, null, "In the Zoom App Marketplace, the app needs"),
        general && page.redirect_uri && h(C.Text, { overflowWrap: "anywhere" }, "the redirect address ", h(ScopeName, null, page.redirect_uri)),
        h(Scopes, { scopes: page.scopes }),
        page.optional_scopes.length > 0 && h(C.Text, { mt: 2 }, "and, for streams that are off until somebody names them,"),
        page.optional_scopes.length > 0 && h(Scopes, { scopes: page.optional_scopes }))));
};

const PasteAnswer = ({ page, onClose, onDone }) => {
  const [answer, setAnswer] = useState("");
  const { busy, refusal, run } = useAction(async () => onDone(await ask("zoom/answer", { answer, token: page.token })));
  return h(Window, { title: "Paste Zoom's answer", submit: "Finish", busy, onClose, onSubmit: run },
    h(Refused, { refusal }),
    h(Entry, { label: "Address", help: "After Allow, the browser may have ended at a page that cannot be shown. Copy its whole address from the address bar, within five minutes." },
      h(C.Textarea, { name: "answer", rows: 4, autoFocus: true, spellCheck: false, value: answer, placeholder: page.redirect_uri ? `${page.redirect_uri}?code=…` : "",
        onChange: ({ target }) => setAnswer(target.value) })));
};

const Disconnect = ({ account, page, onClose, onDone }) => {
  const { busy, refusal, run } = useAction(async () => onDone(await ask(pathOf(account, "disconnect"), { token: page.token })));
  return h(Window, { title: `Disconnect ${account.connection_id}?`, submit: "Disconnect", palette: "danger", busy, onClose, onSubmit: run },
    h(Refused, { refusal }),
    h(C.Text, null, "Zoom revokes the tokens at once. Tasks that need this account wait or fail until somebody connects it again. What is in the warehouse stays."));
};

// ---- the page -----------------------------------------------------------------------------------------------

const RedirectHint = () =>
  h(C.Alert.Root, { status: "info" },
    h(C.Alert.Indicator),
    h(C.Alert.Content, { minWidth: 0 },
      h(C.Alert.Title, null, "No redirect address is set"),
      h(C.Alert.Description, { overflowWrap: "anywhere" },
        "To connect a general app, register ", h(ScopeName, null, new URL("zoom/callback", document.baseURI).href),
        " with it at Zoom and set ", h(ScopeName, null, "[zoom] redirect_uri"), " (",
        h(ScopeName, null, "AIRFLOW__ZOOM__REDIRECT_URI"), ") to the same, on every API server.")));

const Nothing = ({ page, onAdd }) =>
  h(C.EmptyState.Root, null, h(C.EmptyState.Content, null,
    h(C.EmptyState.Title, null, "No Zoom account yet"),
    h(C.EmptyState.Description, { textAlign: "center", maxWidth: "md" },
      page.may_add
        ? "Add the client id and secret of a Zoom app, press Connect, and allow it at Zoom."
        : "Somebody who may add Connections can add one here."),
    page.may_add && h(C.Button, { colorPalette: "brand", onClick: onAdd }, "Add a Zoom account")));

const Trouble = ({ refusal, onAgain }) =>
  h(C.VStack, { alignItems: "start", gap: 3 },
    h(Said, { notice: {
      kind: "error",
      title: refusal.status === 403 ? "You may not see this" : "The Zoom accounts could not be loaded",
      text: refusal.status === 403 ? "This page needs the permission to read Connections." : refusal.message,
    } }),
    refusal.status !== 403 && h(C.Button, { size: "sm", variant: "outline", onClick: onAgain }, "Try again"));

const usePage = () => {
  const [page, setPage] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const [notice, setNotice] = useState(null);
  const load = useCallback(async () => {
    try {
      const found = await ask("zoom/accounts");
      setPage(found);
      setRefusal(null);
      if (found.notice) {
        setNotice(found.notice);
      }
    } catch (error) {
      setRefusal(error);
    }
  }, []);
  useEffect(() => {
    load();
    const timer = setInterval(() => document.hidden || load(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [load]);
  return { page, refusal, notice, setNotice, load };
};

const Dialogs = ({ open, page, onClose, onDone }) => {
  const common = { page, onClose, onDone };
  return {
    add: () => h(AddAccount, common),
    paste: () => h(PasteAnswer, common),
    disconnect: () => h(Disconnect, { ...common, account: open.account }),
  }[open.dialog]();
};

const ZoomPage = () => {
  const { page, refusal, notice, setNotice, load } = usePage();
  const [open, setOpen] = useState(null);
  const close = () => setOpen(null);
  const done = async ({ notice: said }) => {
    await load(); // so that notice and cards tell the same
    close();
    setNotice(said);
  };
  const acts = page?.accounts.some((account) => account.may_edit && account.rotates && account.readable);
  return h(C.Box, { p: 2, height: "100%", overflowY: "auto", "data-testid": "zoom-page" },
    h(C.VStack, { alignItems: "stretch", gap: 4, maxWidth: "6xl", mx: "auto" },
      h(C.Flex, { gap: 3, justifyContent: "space-between", alignItems: "center", flexWrap: "wrap" },
        h(C.Box, null,
          h(C.Heading, { as: "h1", size: "xl" }, "Zoom"),
          h(C.Text, { color: "fg.muted" }, "The Zoom accounts whose data this Airflow keeps in the warehouse.")),
        page && h(C.HStack, { gap: 2, flexWrap: "wrap" },
          acts && page.redirect_uri && h(C.Button, { size: "sm", variant: "outline", onClick: () => setOpen({ dialog: "paste" }) }, "Paste an answer"),
          page.may_add && page.accounts.length > 0 &&
            h(C.Button, { size: "sm", colorPalette: "brand", onClick: () => setOpen({ dialog: "add" }) }, "Add a Zoom account"))),
      notice && h(Said, { notice, onClose: () => setNotice(null) }),
      refusal && h(Trouble, { refusal, onAgain: load }),
      !page && !refusal && h(C.Skeleton, { height: "10rem" }),
      page && !page.redirect_uri && (acts || page.may_add) && h(RedirectHint),
      page && page.accounts.length === 0 && h(Nothing, { page, onAdd: () => setOpen({ dialog: "add" }) }),
      page && byUrgency(page.accounts).map((account) =>
        h(Account, { key: account.connection_id, account, page, onDisconnect: (chosen) => setOpen({ dialog: "disconnect", account: chosen }) }))),
    open && h(Dialogs, { open, page, onClose: close, onDone: done }));
};

globalThis.AirflowPlugin = ZoomPage; // where Airflow looks for it after it has loaded this file
