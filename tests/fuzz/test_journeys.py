"""Journeys in any order of steps, as many as fit into some seconds, the same ones each time."""

from hypothesis import HealthCheck, Phase, settings

from tests.fuzz.house import STEPS
from tests.fuzz.journeys import Journeys
from tests.fuzz.registrations import Registrations

TestJourneys, TestRegistrations = Journeys.TestCase, Registrations.TestCase
TestJourneys.settings = TestRegistrations.settings = settings(
    max_examples=12, stateful_step_count=STEPS, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to shorten what was found takes minutes: make fuzz does
)  # fmt: skip
