"""What all tests share."""

from hypothesis import HealthCheck, settings

# A property is not wrong because the machine was busy: time limits belong to bench/.
settings.register_profile("escrowd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("escrowd")
