"""The whole HTTP application and one visit in it, as the tests of consultations have them."""

from tests.server.consultation_kit import live, visit
from tests.server.http.conftest import house, seeded

__all__ = ["house", "live", "seeded", "visit"]
