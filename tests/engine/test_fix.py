from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meshlint.engine.fix import apply_fixes
from meshlint.finding import FixEdit, FixInfo
from meshlint.source.span import LineTable

TEXT = "alpha: one\nbeta: two\n"


def edit(start: int, end: int, text: str) -> FixEdit:
    return FixEdit("a", LineTable(TEXT).span(start, end), text)


def fix(*edits: FixEdit) -> FixInfo:
    return FixInfo("fix", edits, safe=True)


def test_edits_of_a_fix_are_made_together() -> None:
    assert apply_fixes({"a": TEXT}, [fix(edit(17, 20, "2"), edit(7, 10, "1"))]) == {
        "a": "alpha: 1\nbeta: 2\n"
    }


def test_a_fix_is_made_whole_or_not_at_all() -> None:
    first, second = fix(edit(7, 10, "1")), fix(edit(0, 8, "x"), edit(17, 20, "2"))
    assert apply_fixes({"a": TEXT}, [first, second]) == {"a": TEXT.replace("one", "1")}


def test_an_edit_that_two_fixes_share_is_made_once() -> None:
    shared = edit(0, 0, "new\n")
    assert apply_fixes({"a": TEXT}, [fix(shared), fix(shared)]) == {"a": "new\n" + TEXT}


def test_two_insertions_at_one_point_exclude_each_other() -> None:
    assert apply_fixes({"a": TEXT}, [fix(edit(0, 0, "x")), fix(edit(0, 0, "y"))]) == {"a": "x" + TEXT}


def test_neighbours_do_not_overlap() -> None:
    assert apply_fixes({"a": TEXT}, [fix(edit(0, 5, "A")), fix(edit(5, 6, "="))]) == {
        "a": TEXT.replace("alpha:", "A=")
    }


spans = st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).map(sorted)


@given(st.lists(st.tuples(spans, st.text("xyz", max_size=3)), max_size=6))
def test_text_outside_the_edits_stays(edits: list[tuple[list[int], str]]) -> None:
    fixes = [fix(edit(start, end, text)) for (start, end), text in edits]
    touched = {at for (start, end), _ in edits for at in range(start, end)}
    kept = [character for at, character in enumerate(TEXT) if at not in touched]
    result = iter(apply_fixes({"a": TEXT}, fixes)["a"])
    assert all(character in result for character in kept)
