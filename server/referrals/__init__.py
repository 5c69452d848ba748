"""After a referral was issued: where it goes, how far it has come, and who is told when it does not.

`track.py` and `pathway.py` decide; `register.py` writes what is told into the session's journal; `watch.py` notices what is
overdue. What makes a referral whole before it is issued stands in `server/referral.py`.
"""
