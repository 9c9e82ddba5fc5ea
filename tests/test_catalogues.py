"""Both languages say everything: the same keys with the same placeholders, and a text for all that is ever said."""

import ast
import re
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import get_args

import pytest

from backend.domain.notices import AnyNotice, TaskNotice
from backend.kit import i18n
from tests import sources

pytestmark = pytest.mark.one_database

KINDS = get_args(AnyNotice)
#: Notices that are done rather than said …
WORDLESS = {"CardChanged"}
#: … and those whose words are a card's (``notices.card``).
OWN_WORDS = {*WORDLESS, "TaskAssigned"}


def forms(text: str | Mapping[str, str]) -> Mapping[str, str]:
    """The plural forms of a text; one that has none is its own ``other``."""
    return {"other": text} if isinstance(text, str) else text


def placeholders(text: str | Mapping[str, str]) -> set[str]:
    """The names a text wants filled, in any of its forms."""
    fields = (name for form in forms(text).values() for _, name, _, _ in Formatter().parse(form) if name is not None)
    return {name.split(".")[0].split("[")[0] for name in fields} | (set() if isinstance(text, str) else {"n"})


def error_texts(code: str) -> list[str]:
    """The catalogue keys that speak for an error code."""
    key = f"errors.{code}"
    return [name for name in (key, f"{key}.title", f"{key}.detail") if i18n.has(i18n.DEFAULT, name)]


def test_both_languages_have_the_same_keys() -> None:
    vi, en = set(i18n.catalogue("vi")), set(i18n.catalogue("en"))
    assert sorted(vi ^ en) == []


def test_both_languages_fill_the_same_placeholders() -> None:
    en = i18n.catalogue("en")
    different = {
        key: (placeholders(text), placeholders(en[key]))
        for key, text in i18n.catalogue("vi").items()
        if key in en and placeholders(text) != placeholders(en[key])
    }
    assert different == {}


def test_english_is_written_without_vietnamese_letters() -> None:
    foreign = {
        key: letters
        for key, text in i18n.catalogue("en").items()
        if (
            letters := {
                letter for form in forms(text).values() for letter in form if letter.isalpha() and letter > "\x7f"
            }
        )
    }
    assert foreign == {}


def test_english_has_a_singular_wherever_it_has_a_plural() -> None:
    assert [
        key for key, text in i18n.catalogue("en").items() if "one" not in forms(text) and len(forms(text)) > 1
    ] == []
    assert [key for key, text in i18n.catalogue("vi").items() if "other" not in forms(text)] == []


def error_classes() -> set[str]:
    """Names of the AppError family that take a code, wherever they are defined; one that names its own code in an
    ``__init__`` of its own takes something else."""
    classes = [
        node for path in sources.modules() for node in ast.walk(sources.tree(path)) if isinstance(node, ast.ClassDef)
    ]
    family = {"AppError"}
    while True:
        heirs = {
            node.name for node in classes for base in node.bases if isinstance(base, ast.Name) and base.id in family
        }
        if heirs <= family:
            return family - {node.name for node in classes if node.name in family and not _takes_a_code(node)}
        family |= heirs


def _takes_a_code(node: ast.ClassDef) -> bool:
    own = [method for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__"]
    return not own or [arg.arg for arg in own[0].args.args[1:2]] == ["code"]


#: Where, which code, the names of the parameters given with it (None when they are not all written there).
Raised = tuple[str, str, set[str] | None]


def raised() -> Iterator[Raised]:
    """Every error code written as a constant: of an AppError, of a subclass that names its own, or of an issue."""
    family = error_classes()
    for path in sources.modules():
        for called, call in sources.calls(path):
            if (called.split(".")[-1] in family or called == "….__init__") and call.args:
                for code in sources.texts(call.args[0]):
                    yield f"{sources.name(path)}:{call.lineno}", code, _keywords(call)
        for node in ast.walk(sources.tree(path)):
            if isinstance(node, ast.Dict):
                yield from _issue(f"{sources.name(path)}:{node.lineno}", node)
            elif isinstance(node, ast.ClassDef):
                yield from _shaped(f"{sources.name(path)}:{node.lineno}", node)


def _keywords(call: ast.Call) -> set[str] | None:
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else {name for name in names if name}


def _issue(where: str, node: ast.Dict) -> Iterator[Raised]:
    """An issue of InvalidFields, ``{"where": …, "code": "empty", …}``."""
    pairs = {
        key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
    }
    if {"where", "code"} <= pairs.keys():
        names = None if None in node.keys else {str(key) for key in pairs}
        for code in sources.texts(pairs["code"]):
            yield where, code, names


def _shaped(where: str, node: ast.ClassDef) -> Iterator[Raised]:
    """An error of the kit, which knows no AppError: an exception with a ``status`` and a ``code``."""
    values = {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    if {"status", "code"} <= values.keys():
        for code in sources.texts(values["code"]):
            yield where, code, set()


def test_every_error_that_is_raised_has_a_text() -> None:
    found = list(raised())
    assert found
    assert sorted({f"{where}: {code}" for where, code, _ in found if not error_texts(code)}) == []


def test_every_error_is_raised_with_what_its_text_wants() -> None:
    catalogue = i18n.catalogue(i18n.DEFAULT)
    lacking = [
        f"{where}: {code} lacks {sorted(missing)}"
        for where, code, given in raised()
        if given is not None
        for key in error_texts(code)
        if (missing := placeholders(catalogue[key]) - given)
    ]
    assert lacking == []


#: ``{{ t("sign_in.title") }}`` in a template of our pages.
IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""")


def asked() -> Iterator[Raised]:
    """Every text asked for by a constant key: ``t(locale, "cli.ask_name")``, the bot's ``voice.say("bot.help")`` and,
    under ``web.``, the pages' ``words.t("sign_in.title")``."""
    for path in sources.modules():
        for called, call in sources.calls(path):
            for key in _key(called.split("."), call):
                yield f"{sources.name(path)}:{call.lineno}", key, _keywords(call)
    for path in sorted((sources.ROOT / "backend/web/templates").rglob("*.html")):
        for found in IN_TEMPLATE.finditer(path.read_text(encoding="utf-8")):
            yield sources.name(path), f"web.{found[1]}", None


def _key(called: list[str], call: ast.Call) -> Iterator[str]:
    first, second = [*call.args, None, None][:2]
    if called[-1] == "t" and second is not None:
        yield from sources.texts(second)
    elif called[-2:] == ["words", "t"] and first is not None:
        yield from (f"web.{key}" for key in sources.texts(first))
    elif called[-2:-1] == ["voice"] and called[-1] in ("say", "plain") and first is not None:
        yield from sources.texts(first)


def test_every_text_that_is_asked_for_exists_and_gets_what_it_wants() -> None:
    catalogue = i18n.catalogue(i18n.DEFAULT)
    assert sorted({f"{where}: {key}" for where, key, _ in asked() if key not in catalogue}) == []
    assert [
        f"{where}: {key} lacks {sorted(missing)}"
        for where, key, given in asked()
        if given is not None and (missing := placeholders(catalogue[key]) - given)
    ] == []


def test_every_notice_has_words() -> None:
    keys = set(i18n.catalogue(i18n.DEFAULT))
    said = {re.split(r"[._]", key.removeprefix("notices.say."))[0] for key in keys if key.startswith("notices.say.")}
    assert [kind.__name__ for kind in KINDS if kind.__name__ not in said | OWN_WORDS] == []


def test_every_notice_of_a_secret_task_has_words_that_tell_nothing() -> None:
    about_tasks = [kind.__name__ for kind in KINDS if issubclass(kind, TaskNotice) and kind.__name__ not in WORDLESS]
    texts = {name: i18n.catalogue(i18n.DEFAULT).get(f"notices.secret.{name}") for name in about_tasks}
    assert [name for name, text in texts.items() if text is None] == []
    assert {name: text for name, text in texts.items() if text and placeholders(text) - {"link"}} == {}
