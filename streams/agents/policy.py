"""The policy that the settings name: the shipped rules, bent where a setting differs from its default."""

from __future__ import annotations

from streams.decide import Policy
from streams.rules import Limits, shipped
from streams.runtime.settings import PolicySettings, Settings, WorkerSettings


def limits_of(settings: Settings) -> Limits:
    """What the settings say in place of a shipped rule. They count until a set of rules is activated."""
    policy, worker, usual = settings.policy, settings.worker, WorkerSettings()
    threshold, pilot = policy.discount_threshold_percent, policy.pilot_accounts
    return Limits(
        discount_threshold_percent=None if threshold == PolicySettings().discount_threshold_percent else threshold,
        hold_for=None if worker.hold_for == usual.hold_for else worker.hold_for,
        line_grace=None if worker.line_grace == usual.line_grace else worker.line_grace,
        pilot=None if pilot is None else frozenset(pilot),
    )


def policy_of(settings: Settings) -> Policy:
    """The policy until a set of rules is activated."""
    return Policy(shipped(limits_of(settings)), settings.erp_user or "meshline")
