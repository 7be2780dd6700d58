"""Hostile input, generated: schema files for the gate, records for the codec."""
