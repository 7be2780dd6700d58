"""Hostile input, generated: schema files for the gate, records for the codec. Nothing may crash, hang or slip through."""
