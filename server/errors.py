"""The one error a peer can cause by asking for something well-formed that is not allowed now.

Whoever raises ``Refused`` has changed nothing. Its code is one of PROTOCOL.md, section 7; the sentence that goes with it is
found by whoever answers, in the user's language. Nonsense from a peer is the decoder's own ``Malformed``; everything else is a bug.
"""

from __future__ import annotations

from signaling.messages import Refused as Refused
