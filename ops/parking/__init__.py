"""What is parked behind letters, and the switch of who is on call: skip one event, or stop blocking a record."""
