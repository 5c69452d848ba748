"""The referral's letter: what it says (`letter`), on paper (`pdf`) and as FHIR (`fhir`)."""
