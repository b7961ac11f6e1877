"""The one table of operations: what is served, what the document says, and what the tests walk."""

from idp.features.admin_api import acts, answers, audit, clients, contracts, forms, keys, members, sessions
from idp.features.admin_api.calls import Operation

_MEMBER, _CLIENT, _IMPORT = "/members/{member}", "/clients/{client_id}", "/contract-imports/{import}"
_SUSPENDED = "Whoever is suspended cannot sign in, and every session and token ends at once."
_LETTER = "It goes to a proven destination of the member, never to an address that a caller names."

MEMBERS = (
    Operation("searchMembers", "POST", "/members/search", "admin:members:read", "Find a member by one whole identifier",
              members.search, answers.FoundMembers, body=forms.Search, words="The identifier goes into no address and no log; the record holds a keyed hash of it."),
    Operation("readMember", "GET", _MEMBER, "admin:members:read", "Read a member, masked", members.show, answers.Member, errors=(404,)),
    Operation("revealMember", "POST", f"{_MEMBER}/reveal", "admin:members:reveal", "Read a member unmasked",
              members.reveal, answers.Member, body=forms.Because, errors=(404,), words="Reason and ticket are on record, as for a look behind a mask in the console."),
    Operation("suspendMember", "POST", f"{_MEMBER}/suspend", "admin:members:write", "Suspend a member", acts.suspend,
              answers.Done, body=forms.Suspension, errors=(404, 409), once=True, words=_SUSPENDED),
    Operation("resumeMember", "POST", f"{_MEMBER}/resume", "admin:members:write", "Give a suspended account back", acts.resume,
              answers.Done, body=forms.Because, errors=(404, 409), once=True),
    Operation("unlockMember", "POST", f"{_MEMBER}/unlock", "admin:members:write", "End the waits after wrong passwords", acts.unlock,
              answers.Done, body=forms.Because, errors=(404, 409), once=True),
    Operation("signOutMember", "POST", f"{_MEMBER}/sign-out", "admin:members:write", "End every session, token and remembered browser",
              acts.sign_out, answers.Done, body=forms.Because, errors=(404, 409), once=True),
    Operation("sendLoginId", "POST", f"{_MEMBER}/send-login-id", "admin:members:write", "Send the login ID to the member",
              acts.send_login_id, answers.Done, body=forms.Letter, errors=(404, 409), once=True, words=_LETTER),
    Operation("sendReset", "POST", f"{_MEMBER}/send-reset", "admin:members:write", "Send a link for a new password to the member",
              acts.send_reset, answers.Done, body=forms.Letter, errors=(404, 409), once=True, words=_LETTER),
    Operation("listSessions", "GET", f"{_MEMBER}/sessions", "admin:sessions", "List a member's sessions", sessions.listed, answers.Sessions, errors=(404,)),
    Operation("endSession", "POST", f"{_MEMBER}/sessions/{{session}}/end", "admin:sessions", "End one session", sessions.end, answers.Done,
              body=forms.Because, errors=(404,), once=True),
)  # fmt: skip
CLIENTS = (
    Operation("listClients", "GET", "/clients", "admin:clients", "List clients", clients.listed, answers.Clients, query=forms.Clients),
    Operation("registerClient", "POST", "/clients", "admin:clients", "Register a client", clients.create, answers.Registered, body=forms.NewClient,
              status=201, errors=(409,), words="Metadata of RFC 7591. The secret is shown this once."),
    Operation("readClient", "GET", _CLIENT, "admin:clients", "Read a client", clients.show, answers.Client, errors=(404,)),
    Operation("replaceClient", "PUT", _CLIENT, "admin:clients", "Put other metadata in the place of a client's", clients.update,
              answers.Registered, body=forms.NewClient, errors=(404, 409), words="All of them: what is left out is as if it never was there. The secret stays."),
    Operation("rotateClientSecret", "POST", f"{_CLIENT}/rotate-secret", "admin:clients", "Give a client a new secret", clients.rotate,
              answers.Secret, body=forms.Rotation, errors=(404, 409)),
    Operation("disableClient", "POST", f"{_CLIENT}/disable", "admin:clients", "Switch a client off", clients.disable, answers.Done,
              body=forms.Because, errors=(404,), words="Nobody knows it, and its sign-ins and tokens end within a second or two."),
    Operation("enableClient", "POST", f"{_CLIENT}/enable", "admin:clients", "Switch a client on again", clients.enable, answers.Done,
              body=forms.Because, errors=(404,)),
    Operation("removeClient", "POST", f"{_CLIENT}/remove", "admin:clients", "Remove a client", clients.remove, answers.Done,
              body=forms.Because, errors=(404,), words="Its tokens and consents end with it."),
)  # fmt: skip
IMPORTS = (
    Operation("listImports", "GET", "/contract-imports", "admin:register:write", "List the newest imports", contracts.listed, answers.Imports),
    Operation("importContracts", "POST", "/contract-imports", "admin:register:write", "Bring a file of contracts", contracts.receive,
              answers.Import, status=202, errors=(409, 411), takes=contracts.TYPE,
              words="CSV in UTF-8 or CP932, of at most 256 MiB, with a Content-Length. It is tried and nothing is changed before it is applied."),
    Operation("readImport", "GET", _IMPORT, "admin:register:write", "Read how far an import is", contracts.show, answers.Import, errors=(404,)),
    Operation("applyImport", "POST", f"{_IMPORT}/apply", "admin:register:write", "Write a file that was tried to the register", contracts.apply,
              answers.Import, body=forms.Because, status=202, errors=(404, 409),
              words="Where more than 5 % of the contracts would end, or rows are doubled, somebody has to do it in the console."),
    Operation("undoImport", "POST", f"{_IMPORT}/undo", "admin:register:write", "Take the last import back, for a day", contracts.undo,
              answers.Import, body=forms.Because, status=202, errors=(404, 409)),
    Operation("dropImport", "POST", f"{_IMPORT}/drop", "admin:register:write", "Drop a file that was not applied", contracts.drop,
              answers.Import, body=forms.Because, errors=(404, 409)),
)  # fmt: skip
RECORD = (
    Operation("listAudit", "GET", "/audit", "admin:audit", "Read the audit record", audit.page, answers.Rows, query=forms.Audit,
              words="The newest first. A page may hold fewer rows than asked for: go on until `next` is null."),
    Operation("exportAudit", "POST", "/audit/export", "admin:audit", "Export the audit record", audit.export, body=forms.Export, gives=audit.LINES,
              words="JSON Lines in the order of the record."),
    Operation("listKeys", "GET", "/keys", "admin:keys", "List the signing keys", keys.listed, answers.Keys),
)  # fmt: skip
OPERATIONS = MEMBERS + CLIENTS + IMPORTS + RECORD
