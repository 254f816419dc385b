"""The settings file: what may stand in it, how it is read, and how edits are noticed."""

from hub.settings.changes import cut_off, differences, next_start_only
from hub.settings.load import load, parse
from hub.settings.model import BusSettings, ChannelSettings, ConsoleSettings, HubSettings, Settings, StoreSettings
from hub.settings.problems import Problem, SettingsErrors
from hub.settings.watch import watch

__all__ = [
    "BusSettings",
    "ChannelSettings",
    "ConsoleSettings",
    "HubSettings",
    "Problem",
    "Settings",
    "SettingsErrors",
    "StoreSettings",
    "cut_off",
    "differences",
    "load",
    "next_start_only",
    "parse",
    "watch",
]
