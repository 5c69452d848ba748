"""The one error a peer can cause by asking for something well-formed that is not allowed now.

Whoever raises ``Refused`` has changed nothing. Its code is one of PROTOCOL.md, section 7; the sentence that goes with it is
found by whoever answers (`signaling.texts`), in the user's language. It is the wire's own class, so that the gateway answers
what the rules refuse. Nonsense from a peer is the decoder's own ``Malformed``; all else is a bug.
"""

from signaling.messages import Refused

__all__ = ["Refused"]
