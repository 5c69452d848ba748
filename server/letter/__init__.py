"""The referral's letter: what it says (`letter`), and on paper (`pdf`)."""
