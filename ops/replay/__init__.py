"""Replay as a job: a frozen selection of letters, sent through their stages again, watched until each has an end."""
