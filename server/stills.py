"""Stills: pictures out of the family's video that the physician saves for the record, under the optional consent.

One may be kept while sound and picture pass, these people were attested, and the guardian in the visit agrees: to that consent
alone the answer may change while the visit goes on. What was kept before stays part of the record.
"""

from __future__ import annotations

from dataclasses import replace

from server.errors import Refused
from server.session_state import Ended, Live, Session
from signaling.texts import Sentence

NOT_AGREED = Sentence("监护人没有同意留存照片。", "The guardian did not agree to stills.")


def check(session: Session) -> None:
    """Raises ``Refused``: session_ended, wrong_state or consent_missing."""
    if isinstance(session.state, Ended):
        raise Refused("session_ended")
    if not isinstance(session.state, Live):
        raise Refused("wrong_state")
    if not session.stills_allowed:
        raise Refused("consent_missing", NOT_AGREED)


def taken(session: Session) -> Session:
    """The session with one more. Raises ``Refused`` as ``check``."""
    check(session)
    return replace(session, stills=session.stills + 1)
