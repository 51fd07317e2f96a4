"""statusbridge: Twilio Monitor alerts in, incident.io status page incidents out."""

__version__ = "0.1.0"
