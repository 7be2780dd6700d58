"""The books: what became of every event, balanced from the topics and the holds, never from counters."""
