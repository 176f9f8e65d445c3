"""Every command with its arguments and options, as click knows them."""

from collections.abc import Iterator

import click

from generators.docs.reference.tables import code, table


def page(programs: dict[str, click.Command]) -> str:
    """The page: a heading a command."""
    lines = ["# Commands", "", "Each takes `--help`; exit code 0 is success, 1 a failure that was told, 2 wrong use."]
    for name, command in programs.items():
        for words, one in walk(name, command):
            lines += ["", *section(words, one)]
    return "\n".join(lines) + "\n"


def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, with the words that call each."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            if found := command.get_command(context, inner):
                yield from walk(f"{name} {inner}", found)


def section(words: str, command: click.Command) -> list[str]:
    """What one command does and takes."""
    context = click.Context(command, info_name=words)
    usage = " ".join([words, *command.collect_usage_pieces(context)])
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    lines = [f"## {words}", "", code(usage), "", *_help(command.help)]
    if options:
        lines += ["", *table(["option", "takes", "default", "effect"], [_option(one, context) for one in options])]
    return lines


def _help(text: str | None) -> list[str]:
    """Paragraphs as they are; one that click prints line by line as a block of text."""
    lines: list[str] = []
    for paragraph in (text or "").strip().split("\n\n"):
        if paragraph.startswith("\b"):
            lines += ["```text", *paragraph.removeprefix("\b").strip("\n").splitlines(), "```", ""]
        else:
            lines += [" ".join(paragraph.split()).replace("<", r"\<").replace("*", r"\*").replace("[", r"\["), ""]
    return lines[:-1]


def _option(option: click.Option, context: click.Context) -> list[str]:
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag else code(option.make_metavar(context))
    info = option.get_default(context, call=False)
    known = isinstance(info, str | int | float) and not isinstance(info, bool)
    text = (option.help or "").replace("<", r"\<").replace("*", r"\*").replace("[", r"\[")
    return [names, takes, code(str(info)) if known else "", text]
