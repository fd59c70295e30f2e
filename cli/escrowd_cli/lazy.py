"""A click group that imports a command only when it runs, so that help and completion are instant."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Where(NamedTuple):
    """Where a command lives (a module whose ``command`` it is), and its one line in the group's help."""

    module: str
    summary: str


class LazyGroup(click.Group):
    """A group whose commands stand in a table, and appear in its order: the order of use."""

    def __init__(self, *args: Any, where: Mapping[str, Where], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.where = where

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        del ctx
        return list(self.where)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; none where the table does not name it."""
        del ctx
        if cmd_name not in self.where:
            return None
        command = import_module(self.where[cmd_name].module).command
        assert isinstance(command, click.Command)  # noqa: S101 — the table and the modules are both ours
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called. Raises ``click.UsageError``, with the nearest name if one is near."""
        if args and args[0] not in self.where:
            from difflib import get_close_matches

            for near in get_close_matches(args[0], self.where, n=1):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {near!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command list from the table alone; nothing is imported for it."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, where.summary) for name, where in self.where.items()])
