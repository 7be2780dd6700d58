"""Trials of replay: letters sent again while the replayer and the sink worker are killed at random steps."""
