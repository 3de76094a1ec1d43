"""New Relic's transactions."""

from __future__ import annotations

from typing import Any

_kept: list[Any] = []


def start() -> None:
    import newrelic.agent
    import newrelic.api.transaction
    from newrelic.core.application import Application

    settings = newrelic.agent.global_settings()
    settings.developer_mode = True
    settings.monitor_mode = True
    settings.license_key = "0" * 40
    settings.app_name = "agents"
    settings.startup_timeout = 5.0
    newrelic.agent.initialize()
    record = Application.record_transaction

    def recorded(self: Any, data: Any) -> Any:
        _kept.append(data)
        return record(self, data)

    Application.record_transaction = recorded
    newrelic.agent.register_application(timeout=5.0)


def instrument(app: Any) -> None:
    pass


def seen() -> list[Any]:
    told = [_transaction(data) for data in _kept]
    _kept.clear()
    return told


def _transaction(data: Any) -> Any:
    errors = [[one.type, one.message] for one in data.errors]
    return [
        data.path,
        data.agent_attributes and [[a.name, a.value] for a in data.agent_attributes if "code" in a.name],
        errors,
        _node(data.root),
    ]


def _node(node: Any) -> Any:
    return [getattr(node, "name", None) or type(node).__name__, [_node(child) for child in node.children]]
