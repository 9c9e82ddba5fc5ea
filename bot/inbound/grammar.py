"""What is typed in any chat as commands: «1 nhận», «1 xong …», «việc», with and without accents, and in English. Pure.

A command names its task by the reader's number or by its code. What merely looks like a command is none, and what may
be one comes back as ``unsure``: to be asked about, never to be done.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping

import msgspec

from backend.kit.text import fold
from bot.inbound.grammar_words import ALONE, BARE, NOT_DONE, PLAIN, POLITE, POLITE_LAST, SAYING, SLASH, Act
from bot.inbound.scores import is_asked

_TASK = (
    r"(?:(?:việc|viec|task) ?)?(?:(?P<code>[a-z]{1,6}[0-9]{2}-[0-9]{1,9})|"
    r"(?:(?:số|so|number|no\.?) ?)?#? ?0*(?P<number>[0-9]{1,4}))(?![0-9])"
)
_NAMED = re.compile(rf"{_TASK}[\s.:,)/–>=-]*", re.I)
_ONLY = re.compile(rf"{_TASK}[\s.:)!]*(?P<asks>\??)", re.I)
_LAST = re.compile(rf"\s+{_TASK}(?P<tail>.*)", re.I)
_SEVERAL = re.compile(r"#?[0-9]{1,4}(?:(?:\s*(?:,|&|-|\+|và|va|and)\s*|\s+)#?[0-9]{1,4})+[\s:.]+(?=[^\W\d])", re.I)
_POLITELY = re.compile(r"(?:[-•*]\s+)?(?:(?:dạ|da|vâng|vang)\b[\s,]+)?", re.I)
#: What stands before a line of a list that somebody writes: «1. …», «2) …», «3/ …».
_LISTED = re.compile(r"\s*[0-9]{1,4}\s*[.)/]")

_ORDER = re.compile(r"@|(?:giao|phân công|phan cong|assign)(?:[:\s]|$)", re.I)
_SURE_ORDER = re.compile(r"(?:giao|phân công|phan cong|assign)[:\s]+@", re.I)
_LEAVE = re.compile(r"(?:nghỉ|nghi|leave)(?!\w)\s*", re.I)
_SURE_LEAVE = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}")
_FOR = re.compile(r"cho\b", re.I)
_ME = re.compile(r"^(?:em|tôi|toi|mình|minh|i)\s+", re.I)
_UNMARKED = tuple({form: act for form, act in table.items() if form.isascii()} for table in (PLAIN, SAYING))
_UNDO = re.compile(r"(?:hoàn tác|hoan tac|undo)\s+", re.I)

#: Their words go on until the next command.
_GOES_ON = frozenset(
    {"done", "extend", "return", "return_major", "refuse", "refuse_extension", "waive", "comment", "assign", "leave"}
)


class Command(msgspec.Struct, frozen=True):
    """One thing to do. ``task`` is a number (``3``) or a code, empty = not named; ``rest`` is what was said with it.

    ``unsure``: ``rest`` is the act that may have been meant. ``unknown``: ``rest`` is a line that says nothing to us.
    ``listed``: it is written like a line of a list, «1. xong …».
    """

    act: Act
    task: str = ""
    rest: str = ""
    listed: bool = False


def parse(text: str, *, replying: bool = False) -> list[Command]:
    """The commands of a message, one a line or separated by «;»; none when it does not begin with one. Whoever is
    ``replying`` to a message assigns nothing."""
    found: list[Command] = []
    for piece, glue in _pieces(unicodedata.normalize("NFC", text).strip()):
        command = _command(piece, orders=not replying)
        if not found:
            if command is None:
                return []
            found.append(command)
        elif command is not None and (found[-1].act not in _GOES_ON or _ends_text(piece, command, found[-1])):
            found.append(command)
        else:
            _add(found, piece, glue)
    return found


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The lines, and of each what is between semicolons, with what stood before it."""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        for place, piece in enumerate(line.split(";")):
            yield piece, ";" if place else "\n" if number else ""


def _ends_text(piece: str, command: Command, before: Command) -> bool:
    """Whether a line below free text is a command of its own, rather than more of the text."""
    if command.act == "unsure" or (command.act == "details" and command.rest != "?"):
        return False
    if command.act == "assign":
        return bool(_SURE_ORDER.match(piece.strip()))
    if command.act == "leave":
        return bool(_SURE_LEAVE.match(command.rest))
    if command.task:
        # «1. xong …» below «3 xong gồm:» is a line of a list, unless the command above it is written so, too.
        return before.listed or not command.listed
    return command.act not in BARE.values()


def _add(found: list[Command], piece: str, glue: str) -> None:
    """A line that is no command: more of what the last one says, or nothing that we know."""
    last = found[-1]
    if last.act in _GOES_ON:
        found[-1] = msgspec.structs.replace(last, rest=f"{last.rest}{glue}{piece}".strip("; \n"))
    elif last.act != "unsure" and not _is_polite(piece, POLITE):
        found.append(Command("unknown", rest=piece.strip()))


def _command(piece: str, *, orders: bool) -> Command | None:
    """What one line says, if it is a command and nothing else."""
    line = _unslashed(_POLITELY.sub("", piece.strip(), count=1))
    if not line:
        return None
    found = _alone(line) or _named(line) or _named_last(line) or _opened(line, orders)
    return msgspec.structs.replace(found, listed=True) if found and _LISTED.match(line) else found


def _unslashed(line: str) -> str:
    if not line.startswith("/"):
        return line
    name, _, rest = line[1:].partition(" ")
    name = fold(name.partition("@")[0]).rstrip(".!?")
    return f"{SLASH.get(name, name)} {rest}".strip()


def _alone(line: str) -> Command | None:
    """Words that say something by themselves, and acts whose task nobody named."""
    words = " ".join(line.lower().split()).rstrip(" .!?")
    if is_asked(line):
        return Command("score", rest=line)
    if act := ALONE.get(words) or _loosely(words):
        return Command(act)
    act = BARE.get(words) or _bare(words)
    return Command(act) if act and not line.endswith("?") else None


def _loosely(words: str) -> Act | None:
    """Looking, asking for help and dropping a question harm nobody: any marks will do."""
    act = ALONE.get(fold(words))
    return act if act in ("list", "today", "help", "drop", "undo") else None


def _bare(words: str) -> Act | None:
    """«nhận ạ», «xong rồi ạ»."""
    found = _verb(words, BARE)
    return found[0] if found and _is_polite(found[1], POLITE) else None


def _named(line: str) -> Command | None:
    """«1 nhận», «CV26-000123: xong đã nộp», «số 1?», «#1»."""
    if only := _ONLY.fullmatch(line):
        return Command("details", _task(only), only["asks"])
    start = _NAMED.match(line)
    if start is None:
        return _several(line)
    task, words = _task(start), line[start.end() :]
    plain, saying = _verb(words, PLAIN), _verb(words, SAYING)
    if saying and (plain is None or len(saying[1]) <= len(plain[1])):
        # «cho» in a text that has marks is no «chờ».
        return None if _FOR.match(words) and not saying[1].isascii() else _saying(task, *saying)
    if plain:
        return _plain(task, *plain)
    return _doubtful(task, words) or _several(line)


def _plain(task: str, act: Act, tail: str) -> Command | None:
    """An act that needs no words: with more than politeness behind it, it is not certain that it is meant."""
    if _is_polite(tail, POLITE) and (not tail.endswith("?") or act == "details"):
        return Command(act, task)
    return None if act == "details" else Command("unsure", task, act)


def _saying(task: str, act: Act, tail: str) -> Command:
    said = tail.strip().lstrip(",.:;-–= ").strip()
    if act == "done" and (_is_not_done(said) or said.endswith("?") or tail.strip() == "?"):
        return Command("unsure", task, act)
    if said and _is_polite(said, POLITE):
        said = ""
    return Command(act, task, said)


def _is_not_done(said: str) -> bool:
    """«xong chưa», «xong một nửa», «xong 50%», «xong trước thứ 6»: not the word that all is done."""
    words = fold(said)
    return bool(re.match(r"[0-9]+ ?(?:%|phan|/)", words)) or any(
        words == begin or words.startswith(f"{begin} ") for begin in NOT_DONE
    )


def _doubtful(task: str, words: str) -> Command | None:
    """A verb with other marks than its own («nhắn», «duyêt») may be another word, and «2 em nhận» may be two children:
    it is asked about."""
    for typed, tables in ((fold(words), _UNMARKED), (_ME.sub("", words), (PLAIN, SAYING))):
        for table in tables if typed != words else ():
            found = _verb(typed, table)
            if found and found[0] != "details" and _is_polite(found[1], POLITE):
                return Command("unsure", task, found[0])
    return None


def _several(line: str) -> Command | None:
    """«1, 2 nhận»: each task wants a line of its own."""
    start = _SEVERAL.match(line)
    if start is None:
        return None
    found = _verb(line[start.end() :], PLAIN) or _verb(line[start.end() :], SAYING)
    return Command("unsure", "", found[0]) if found and found[0] != "details" else None


def _named_last(line: str) -> Command | None:
    """«nhắc 3», «nhận 1 ạ», «hoàn tác CV26-000123»; of what wants words only that it may be meant («xong 1»)."""
    for table in (PLAIN, SAYING):
        found = _verb(line, table)
        last = _LAST.fullmatch(found[1]) if found else None
        if found and last and _is_polite(last["tail"], POLITE_LAST):
            certain = table is PLAIN and not last["tail"].endswith("?")
            return Command(found[0], _task(last)) if certain else Command("unsure", _task(last), found[0])
    return None


def _opened(line: str, orders: bool) -> Command | None:
    """What begins with a word of its own: leave, taking back, an order."""
    if leave := _LEAVE.match(line):
        return Command("leave", rest=line[leave.end() :])
    if undo := _UNDO.match(line):
        polite = _is_polite(line[undo.end() :], POLITE)
        return Command("undo") if polite else Command("unsure", "", "undo")
    return Command("assign", rest=line) if orders and _ORDER.match(line) else None


def _verb(words: str, table: Mapping[str, Act]) -> tuple[Act, str] | None:
    """The longest form that ``words`` begin with, and what follows it as it was typed."""
    tokens = words.split()
    for count in range(min(len(tokens), 5), 0, -1):
        typed = " ".join(tokens[:count]).lower()
        for form in (typed, typed.rstrip("?.,:;!=-–")):
            if form in table:
                rest = _after(words, form)
                return table[form], rest
    return None


def _after(words: str, form: str) -> str:
    """What stands behind a form of several words, whatever blanks are between them."""
    pattern = r"\s*" + r"\s+".join(re.escape(token) for token in form.split())
    found = re.match(pattern, words, re.I)
    return words[found.end() :] if found else ""


def _is_polite(text: str, known: Collection[str]) -> bool:
    """Whether a text says nothing beside courtesy."""
    return all(token in known for token in re.findall(r"[^\W_]+", fold(text)))


def _task(found: re.Match[str]) -> str:
    return (found["code"] or found["number"]).upper()
