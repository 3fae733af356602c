"""What a client made by others does, run by its own interpreter: submit, follow up, triage.

    python thirdparty.py URL      # passwords come by standard input: {"desk": [name, password], …}

It knows nothing of this project but `openapi/openapi.json`, from which `tribune_client` was made.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from typing import Any
from uuid import uuid4

BODY = "An officer at the harbour asks for money."
ANSWER = "It was on Monday."


# Any: the client that was made is not there when types are checked.
def call(tag: str, operation: str, client: Any, *path: object, **more: object) -> Any:  # noqa: ANN401
    """One operation; what it answered, once it is of the kind that is hoped for."""
    module = importlib.import_module(f"tribune_client.api.{tag}.{operation}")
    answer = module.sync_detailed(*path, client=client, **more)
    if answer.status_code >= 400:
        raise SystemExit(f"{operation}: {answer.status_code} {answer.content!r}")
    return answer.parsed


def main(url: str, passwords: dict[str, list[str]]) -> None:
    """The three flows of must-show 6, each through the client's own functions and types."""
    made, models = (importlib.import_module(f"tribune_client{part}") for part in ("", ".models"))
    anybody = made.Client(base_url=url)

    def signed_in(part: str) -> Any:  # noqa: ANN401
        name, password = passwords[part]
        credentials = models.Credentials(username=name, password=password)
        begun = call("session", "sign_in", anybody, body=credentials)
        return made.AuthenticatedClient(base_url=url, token=begun.token)

    # Submit.
    request = models.ReportRequest(body=BODY, category="COR-01", office="harbour")
    received = call("reporting", "submit_report", anybody, body=request)
    receipt = received.receipt

    # Triage.
    desk, triage = signed_in("desk"), signed_in("triage")
    [item] = call("cases", "list_cases", triage, state=["received"]).items
    case = item.reference
    head = call("cases", "read_case_head", desk, case)
    action = models.ActionRequest(action="acknowledge")
    call("cases", "act", desk, case, body=action, if_match=head.etag)
    declaration = models.Declaration.from_dict({"conflict": "none"})
    call("cases", "declare", triage, case, body=declaration)
    head = call("cases", "read_case_head", triage, case)
    action = models.ActionRequest(action="start_triage")
    head = call("cases", "act", triage, case, body=action, if_match=head.etag)
    if head.state != "triage":
        raise SystemExit(f"the case is in {head.state}")
    call("cases", "add_note", triage, case, body=models.Note(text="Ask for the day."))
    question = models.NewMessage(body="Which day was it?")
    call("cases", "write_to_reporter", triage, case, body=question)

    # Follow up.
    sign_in = models.SignInRequest(receipt=receipt)
    session = call("reporter", "open_reporter_session", anybody, body=sign_in)
    reporter = made.AuthenticatedClient(base_url=url, token=session.token)
    thread = call("reporter", "read_own_report", reporter)
    if "Which day was it?" not in [one.body for one in thread.messages]:
        raise SystemExit("the question did not arrive")
    call("reporter", "post_message", reporter, body=models.MessageRequest(body=ANSWER))
    file = importlib.import_module("tribune_client.types").File
    call(
        "reporter",
        "send_file",
        reporter,
        uuid4(),
        body=file(payload=io.BytesIO(b"a photo")),
        content_disposition="attachment; filename=photo.jpg",
    )

    # And staff read it.
    read = call("cases", "read_case", triage, case).to_dict()
    said = json.dumps(read["threads"])
    if ANSWER not in said or BODY not in json.dumps(read["reports"]):
        raise SystemExit("the answer did not arrive")
    if "photo.jpg" not in json.dumps(read["evidence"]):
        raise SystemExit("the file did not arrive")
    print(json.dumps({"reference": case, "state": head.state}))  # noqa: T201 -- what the test reads


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin))
