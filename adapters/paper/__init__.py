"""Nautilus's sandbox execution with its traps mended: paper orders behave as in a backtest."""

from adapters.paper.execution import PaperExecutionClient
from adapters.paper.factories import paper_exec_client_factory

__all__ = ["PaperExecutionClient", "paper_exec_client_factory"]
