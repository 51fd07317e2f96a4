"""A completion script for each shell, of the commands as values.

Each asks the program only for what is not known beforehand: the names in the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from shlex import quote

from statusbridge.commands.completion_tree import Command, Option, Value

Commands = Sequence[Command]

_BASH = """\
# Completion of statusbridge for bash, made by `statusbridge completion bash`.

_statusbridge() {
    local cur="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
    local command="" config="" words="" files="" names="" word i
    # In "--option=value" bash takes the "=" for a word of its own.
    if [[ $cur == = ]]; then
        cur=""
    elif [[ $before == = ]]; then
        before="${COMP_WORDS[COMP_CWORD - 2]}"
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if [[ $word == --config ]]; then
            i=$((i + 1))
            [[ ${COMP_WORDS[i]} == = ]] && i=$((i + 1))
            config="${COMP_WORDS[i]}"
        elif [[ -z $command && $word != -* ]]; then
            command="$word"
        fi
    done
    case "$command $before" in
@values@
    *)
        case "$command $cur" in
@places@
        esac
        ;;
    esac
    if [[ -n $names ]]; then
        local program="${COMP_WORDS[0]/#\\~/$HOME}"
        words="$("$program" completion names ${config:+--config "$config"} 2>/dev/null)"
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    fi
}

complete -F _statusbridge statusbridge
"""

_ZSH = """\
#compdef statusbridge
# Completion of statusbridge for zsh, made by `statusbridge completion zsh`.

_statusbridge_names() {
    local -a found
    local file=$config at=$words[(I)--config]
    (( at )) && file=${(Q)words[at + 1]}
    found=(${(f)"$($program completion names ${file:+--config=$file} 2>/dev/null)"})
    compadd -a found
}

_statusbridge_or_files() {
    compadd -- "$@"
    _files
}

_statusbridge() {
    local context state state_descr program=${(Q)words[1]} config
    local -a line
    local -A opt_args
    # -A: what follows the command is the command's.
    _arguments -C -A '-*' @program@ '1: :->command' '*:: :->rest'
    config=${(Q)opt_args[--config]}
    case $state in
    command)
        local -a commands=(
@commands@
        )
        _describe -t commands command commands
        ;;
    rest)
        case $line[1] in
@places@
        esac
        ;;
    esac
}

if [[ $funcstack[1] == _statusbridge ]]; then
    _statusbridge "$@"
else
    compdef _statusbridge statusbridge
fi
"""

_FISH = """\
# Completion of statusbridge for fish, made by `statusbridge completion fish`.

function __statusbridge_in --description 'Whether the line is at the command that is named'
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --config
                set -e words[1]
            case '-*'
            case '*'
                test "$words[1]" = "$argv[1]"
                return
        end
        set -e words[1]
    end
    test -z "$argv[1]"
end

function __statusbridge_names --description 'Rule ids and incident keys of the configuration'
    set -l words (commandline -opc)
    set -l config
    if set -l at (contains -i -- --config $words)
        set config --config $words[(math $at + 1)]
    end
    $words[1] completion names $config 2>/dev/null
end

complete -c statusbridge -e
complete -c statusbridge -f
@places@
"""


def bash(commands: Commands) -> str:
    """Return the script for bash."""
    values = [
        f'    "{c.name} {o.name}") {_bash_value(o.value)} ;;'
        for c in commands
        for o in c.options
        if o.value is not None
    ]
    places = []
    for command in commands:
        options = " ".join(option.name for option in command.options)
        places.append(f'        "{command.name} -"*) words="{options}" ;;')
        if command.value is not None:
            places.append(f'        "{command.name} "*) {_bash_value(command.value)} ;;')
    return _filled(_BASH, values=values, places=places)


def _bash_value(value: Value) -> str:
    found = [f'words="{" ".join(value.words)}"'] if value.words else []
    found += [f"{kind}=1" for kind in ("files", "names") if getattr(value, kind)]
    return "; ".join(found) or ":"


def zsh(commands: Commands) -> str:
    """Return the script for zsh."""
    program, *rest = commands
    named = [f"            {quote(f'{c.name}:{c.says}')}" for c in rest]
    places = [line for command in rest for line in _zsh_place(command)]
    options = [" ".join(_zsh_option(option) for option in program.options)]
    return _filled(_ZSH, program=options, commands=named, places=places)


def _zsh_place(command: Command) -> Iterator[str]:
    value = command.value
    specs = [_zsh_option(option) for option in command.options]
    if value is not None:
        specs.append(quote(f"*:{value.metavar}:{_zsh_value(value)}"))
    yield f"        {command.name})"
    yield "            _arguments \\"
    yield " \\\n".join(f"                {spec}" for spec in specs)
    yield "            ;;"


def _zsh_option(option: Option) -> str:
    said = re.sub(r"([\\\[\]:])", r"\\\1", option.says)
    # Help and version stand alone.
    alone = "(- *)" if option.name in ("--help", "--version") else ""
    if option.value is None:
        return quote(f"{alone}{option.name}[{said}]")
    after = f":{option.value.metavar}:{_zsh_value(option.value)}"
    return quote(f"{option.name}=[{said}]{after}")


def _zsh_value(value: Value) -> str:
    words = " ".join(value.words)
    if value.names:
        return "_statusbridge_names"
    if value.files:
        # A blank before it: called as it stands, without options for compadd.
        return f" _statusbridge_or_files {words}" if words else "_files"
    return f"({words})" if words else " "


def fish(commands: Commands) -> str:
    """Return the script for fish."""
    rest = commands[1:]
    lines = [f"{_fish_in('')} -a {c.name} -d {_fish_quoted(c.says)}" for c in rest]
    lines += [_fish_option(c, option) for c in commands for option in c.options]
    known = [(c.name, _fish_value(c.value)) for c in rest if c.value is not None]
    lines += [_fish_in(name) + value for name, value in known if value]
    return _filled(_FISH, places=lines)


def _fish_in(command: str) -> str:
    condition = f'__statusbridge_in "{command}"'
    return f"complete -c statusbridge -n {_fish_quoted(condition)}"


def _fish_option(command: Command, option: Option) -> str:
    value = ""
    if option.value is not None:
        value = (" -r" if option.value.files else " -x") + _fish_value(option.value)
    name = option.name.removeprefix("--")
    return f"{_fish_in(command.name)} -l {name}{value} -d {_fish_quoted(option.says)}"


def _fish_value(value: Value) -> str:
    words = " ".join(value.words) or ("(__statusbridge_names)" if value.names else "")
    return (f" -a {_fish_quoted(words)}" if words else "") + (" -F" if value.files else "")


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _filled(script: str, **parts: Sequence[str]) -> str:
    for name, lines in parts.items():
        script = script.replace(f"@{name}@", "\n".join(lines))
    return script


SCRIPTS: Mapping[str, Callable[[Commands], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
