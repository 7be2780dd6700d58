"""The door: webhooks come in here. `POST /webhooks/{source}` answers 2xx only when Kafka has the delivery.

endpoint    one request, step by step           signatures/  is it from whom it says, and fresh?
acceptance  publish, record, then say yes       delivery     by what a retry is recognised
publisher   to Kafka      deliveries  the ids that were accepted      problems  every other answer
"""

from streams.intake.door.run import run_door

__all__ = ["run_door"]
