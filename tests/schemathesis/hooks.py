"""What is left out of the requests that schemathesis generates."""

import unicodedata
from urllib.parse import unquote

import schemathesis


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    """Drops a path whose id is taken over from a null in an earlier answer: "null" is no id. Drops a path
    that could be read in two ways, too: the gateway refuses it before it looks for an operation."""
    values = [str(value) for value in (path_parameters or {}).values()]
    return not {"null", "None"} & set(values) and all(has_one_meaning(value) for value in values)


def has_one_meaning(value):
    """Returns whether the gateway takes a value as a segment of a path; see gateway/src/path.rs."""
    text = unquote(value)
    is_dot_segment = text.split(";")[0] in {".", ".."}
    has_control = any(unicodedata.category(character) == "Cc" for character in text)
    return not (is_dot_segment or has_control or "\\" in text or "%" in text)


@schemathesis.hook
def filter_case(context, case):
    """Drops a CSV body that is no text: sent, it is one, and not of another type. A dry run answers any text
    with what is wrong with it."""
    return case.media_type != "text/csv" or isinstance(case.body, (str, bytes))
