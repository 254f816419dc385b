"""The settings file: what may stand in it, how it is read, and how edits are noticed."""

from hub.settings.changes import next_start_only
from hub.settings.load import load
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
    "load",
    "next_start_only",
    "watch",
]
