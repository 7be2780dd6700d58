"""The HTTP door of the cases: the table of verbs as operations, described by OpenAPI."""
