"""Which evaluations a user means, and what they are called."""

import shutil

import pytest

from seg_common.errors import SegError
from seg_eval.comparing.found_members import find_members, given_members


def found(given, evaluation=None):
    """The members that a user means, all of them there."""
    return find_members(given_members(given, evaluation))


@pytest.fixture
def three(own_pair):
    """Models: `first` with two evaluations, `second` with one, and a copy of `second` in another folder."""
    (evaluation,) = (own_pair.model("first") / "evaluations").iterdir()
    shutil.copytree(evaluation, evaluation.with_name("another"))
    shutil.copytree(own_pair.model("second"), own_pair.root / "old" / "second")
    return own_pair


def test_the_evaluation_that_all_models_have_is_taken(three):
    members = found([str(three.model("first")), str(three.model("second"))])
    assert [member.path.name for member in members] == ["scan_test_gaussian"] * 2
    assert [member.model_folder.name for member in members] == ["first", "second"]


def test_several_evaluations_ask_for_a_name(three):
    with pytest.raises(SegError, match=r"first has: another, scan_test_gaussian. Choose one with --evaluation NAME"):
        found(
            [str(three.model("first")), str(three.root / "old" / "second" / "evaluations" / "scan_test_gaussian")][:1]
            * 2
        )
    members = given_members([str(three.model("first")), str(three.model("second"))], "another")
    assert [member.folder and member.folder.name for member in members] == ["another", None]


def test_names_tell_members_apart(three):
    """All runs are called toy: folders are named; a folder of the same name needs the whole path, or a given name."""
    first, second, old = (str(three.root / name) for name in ("first", "second", "old/second"))
    assert [member.name for member in found([first, second])] == ["first", "second"]
    names = [member.name for member in found([second, old])]
    assert [name.endswith("second/evaluations/scan_test_gaussian") for name in names] == [True, True]
    assert [member.name for member in found([second, f"old={old}"])] == ["toy", "old"]


def test_evaluations_are_given_by_folder_or_file(three):
    folder = three.model("second") / "evaluations" / "scan_test_gaussian"
    other = three.model("first") / "evaluations" / "another"
    members = found([str(folder / "evaluation.json"), f"b={other}"])
    assert [member.path for member in members] == [folder, other]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["first"], "at least two members; got 1"),
        (["first", "first"], "was given twice"),
        (["a=first", "a=second"], "different names; got a, a"),
        (["first", "nowhere"], "nowhere does not exist"),
        (["first", "scan"], "scan holds none of them"),
    ],
)
def test_what_cannot_be_compared_is_refused(own_pair, monkeypatch, words, message):
    monkeypatch.chdir(own_pair.root)
    with pytest.raises(SegError, match=message):
        found(words)
