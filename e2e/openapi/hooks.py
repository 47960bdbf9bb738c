"""What schemathesis does not know: which values exist, and who sends a request. Its command line loads this.

Of what is generated to be valid, every second case gets values that exist, so that operations also succeed. What was answered is
written to the file that the scene names.
"""

import atexit
import collections
import itertools
import json
import os
from pathlib import Path

import schemathesis
from schemathesis.generation.meta import TestPhase

SCENE = json.loads(Path(os.environ["OPENAPI_SCENE"]).read_text())
# What the settings name as the token of every registration.
NOBODY = "of-nobody"
MANAGED = "/apps/oidc/register/{client_id}"

cases = itertools.count()
addresses = itertools.count(1)
registered = {}
answered = collections.defaultdict(collections.Counter)


def operation(case):
    return f"{case.operation.method.upper()} {case.operation.path}"


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(addresses)
    # Limits are for each address, and the server trusts a proxy on this machine.
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    if case.operation.path == MANAGED and case.headers.get("Authorization") == f"Bearer {NOBODY}":
        manage(case)
    if "consents" in (case.operation.tags or []):
        case.headers["Origin"] = SCENE["origin"]
    if may_be_filled(case) and next(cases) % 2 == 0:
        fill(case)


def may_be_filled(case):
    """Whether it is meant to be valid, and takes nothing from answers."""
    if case.meta is None or case.method.upper() != case.operation.method.upper():
        return False
    return case.meta.generation.mode.is_positive and case.meta.phase.name is not TestPhase.STATEFUL


def fill(case):
    """Values that exist."""
    known = SCENE["known"].get(operation(case), {})
    case.query.update(known.get("query", {}))
    case.path_parameters.update(known.get("path", {}))
    if isinstance(case.body, dict) or "body" in known:
        case.body = {**(case.body if isinstance(case.body, dict) else {}), **known.get("body", {})}
    case.headers.pop("DPoP", None)
    for name in known.get("without", []):
        case.query.pop(name, None)
        if isinstance(case.body, dict):
            case.body.pop(name, None)
    if operation(case) == "POST /apps/oidc/token":
        case.body["refresh_token"] = SCENE["refresh_token"]
    if operation(case) == f"PUT {MANAGED}":
        case.body["client_id"] = case.path_parameters["client_id"]


def manage(case):
    """A client that is there, with the token that it got."""
    client = case.path_parameters.get("client_id")
    if client not in registered and registered:
        client = next(reversed(registered))
        case.path_parameters["client_id"] = client
    if client in registered:
        case.headers["Authorization"] = f"Bearer {registered[client]}"


@schemathesis.hook
def after_call(context, case, response):
    if case.method.upper() != case.operation.method.upper():
        return
    answered[operation(case)][response.status_code] += 1
    if operation(case) == "POST /apps/oidc/token" and response.status_code == 200:
        SCENE["refresh_token"] = response.json()["refresh_token"]
    is_registration = case.operation.path in ["/apps/oidc/register", MANAGED]
    if is_registration and response.status_code in [200, 201]:
        client = response.json()
        registered[client["client_id"]] = client.get("registration_access_token", registered.get(client["client_id"]))
    if is_registration and response.status_code == 204:
        registered.pop(case.path_parameters["client_id"], None)


@atexit.register
def tell():
    Path(SCENE["answered"]).write_text(json.dumps(answered))
