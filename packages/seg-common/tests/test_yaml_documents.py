"""Documents are read whole or with all their problems, and written so that any safe loader reads them."""

import json
from typing import Literal

import pytest
import yaml

from seg_common.errors import DocumentError, SegError
from seg_common.schema.base import Document, StrictModel
from seg_common.schema.volume import VolumeDocument
from seg_common.yaml_documents import dump, read_data, read_document, validate, write_document


class Leaf(StrictModel):
    """A part of the document of these tests."""

    size: int = 1


class Tree(Document):
    """A document of these tests."""

    kind: Literal["tree"] = "tree"
    height: float
    leaf: Leaf = Leaf()


def write(tmp_path, text, name="tree.yaml"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


@pytest.mark.parametrize("name", ["tree.yaml", "tree.yml", "tree.json"])
def test_what_is_written_is_read(tmp_path, name):
    """As YAML or JSON by the suffix, and every safe loader agrees."""
    tree = Tree(height=1e-5, leaf=Leaf(size=3))
    write_document(tmp_path / name, tree)
    text = (tmp_path / name).read_text()
    assert read_document(tmp_path / name, Tree) == tree
    load = json.loads if name == "tree.json" else yaml.safe_load
    assert load(text) == tree.model_dump(mode="json")


def test_keys_keep_their_order_and_short_lists_their_line():
    """A person reads the file too."""
    assert dump(Tree(height=2)).splitlines() == ["kind: tree", "schema_version: 1", "height: 2.0", "leaf: {size: 1}"]


@pytest.mark.parametrize("text", ["a\x85b", "a\u2028b", "µ\u2029", "\ufeffa", "a\tb\n", "null", "2026-01-02", "1e3"])
@pytest.mark.parametrize("name", ["forest.yaml", "forest.json"])
def test_any_text_survives(tmp_path, name, text):
    """Rare ends of line too, and text that looks like something else."""

    class Forest(StrictModel):
        """A text of these tests."""

        name: str

    write_document(tmp_path / name, Forest(name=text))
    assert read_document(tmp_path / name, Forest).name == text


def test_all_problems_are_told_at_once_with_their_lines(tmp_path):
    """A missing key, an unknown key and a wrong value: three lines, each with file, line, key and remedy."""
    path = write(tmp_path, "kind: tree\n\nleaf:\n  size: many\n  colour: red\n")
    with pytest.raises(DocumentError) as caught:
        read_document(path, Tree)
    assert sorted(str(caught.value).splitlines()) == [
        f"{path}:1: height: this key is required; add it",
        f"{path}:4: leaf.size: Input should be a valid integer, unable to parse string as an integer; got 'many'",
        f"{path}:5: leaf.colour: unknown key; known here: size",
    ]


def test_json_has_line_numbers_too(tmp_path):
    """A JSON file is as long as a YAML one."""
    path = write(tmp_path, '{"kind": "tree",\n "height": 1,\n "leaf": {"sise": 1}}', "tree.json")
    with pytest.raises(DocumentError, match=r"tree\.json:3: leaf\.sise: unknown key; did you mean 'size'\?"):
        read_document(path, Tree)


def test_a_missing_kind_is_told_with_the_other_problems(tmp_path):
    """The key that tells what the file is must be written, and what to write is said."""
    with pytest.raises(DocumentError) as caught:
        read_document(write(tmp_path, "heigt: 1\n"), Tree)
    lines = str(caught.value).splitlines()
    assert "kind: this key is required; add kind: tree" in lines[0]
    assert len(lines) == 3
    with pytest.raises(DocumentError, match=r"add kind: tree"):
        read_document(write(tmp_path, "height: 1\n"), Tree)


def test_another_kind_is_another_file(tmp_path):
    """Its other keys are not held against it."""
    with pytest.raises(DocumentError, match=r"kind must be 'volume'; got 'tree'\. Is it another file") as caught:
        read_document(write(tmp_path, "kind: tree\n"), VolumeDocument)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: tree\n\theight: 1\n", r"tree\.yaml:2: the file must be YAML; .*'\\t'.*Indent with spaces"),
        ("kind: [tree\n", r"tree\.yaml:\d: the file must be YAML"),
        ("kind: tree\n---\nkind: tree\n", r"tree\.yaml:2: .*expected a single document"),
        ("kind: !!python/name:os.system\n", r"tree\.yaml:1: the file must be YAML; .*tag"),
        ("day: 2026-02-30\n", r"the file must be YAML; day is out of range"),
        ("kind: \x00", r"the file must be YAML; unacceptable character"),
        ("? [a]\n: b\n", r"the file must be YAML; .*unhashable key"),
        ("[" * 3000, r"the file must be YAML; .*recursion"),
        ("", r"mapping of keys to values; got an empty file"),
        ("- kind: tree\n", r"mapping of keys to values; got list"),
    ],
)
def test_what_is_no_yaml_mapping_is_refused_in_one_line(tmp_path, text, words):
    """Tabs, brackets, two documents, code, impossible dates, control characters."""
    with pytest.raises(DocumentError, match=words) as caught:
        read_document(write(tmp_path, text), Tree)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"), [('{"kind": "tree",\n', r"json:2: the file must be JSON"), ("[" * 100_000, r"nested too deeply")]
)
def test_what_is_no_json_is_refused_in_one_line(tmp_path, text, words):
    """With the line where reading stopped."""
    with pytest.raises(DocumentError, match=words):
        read_document(write(tmp_path, text, "tree.json"), Tree)


@pytest.mark.parametrize("name", ["tree.yaml", "tree.json"])
def test_repeated_keys_are_refused(tmp_path, name):
    """The second would silently win; all of them are named, inside lists too."""
    text = '{"kind": "tree",\n"height": 1,\n"height": 2,\n"list": [{"a": 1,\n"a": 2}]}'
    with pytest.raises(DocumentError) as caught:
        read_data(write(tmp_path, text, name))
    assert str(caught.value).splitlines() == [
        f"{tmp_path / name}:3: height: a key may stand once; it is repeated",
        f"{tmp_path / name}:5: list.0.a: a key may stand once; it is repeated",
    ]


def test_anchors_may_be_used_and_even_contain_themselves(tmp_path):
    """Aliases are good YAML; a document of aliases of aliases takes no time either."""
    lines = ["a0: &a0 [1, 1]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    assert read_data(write(tmp_path, "\n".join(lines)))["a1"] == [[1, 1], [1, 1]]
    assert "b" in read_data(write(tmp_path, "b: &b [*b]\n"))


def test_infinities_are_no_numbers(tmp_path):
    """Neither in YAML nor in Python's JSON."""
    for name, text in {"a.yaml": "kind: tree\nheight: .nan\n", "a.json": '{"kind": "tree", "height": NaN}'}.items():
        with pytest.raises(DocumentError, match=r"height: Input should be a finite number; got nan"):
            read_document(write(tmp_path, text, name), Tree)


def test_a_missing_document_is_an_error(tmp_path):
    """As every missing file."""
    with pytest.raises(SegError, match=r"must exist; got .*no\.yaml"):
        read_document(tmp_path / "no.yaml", Tree)


def test_data_from_elsewhere_are_validated_under_a_name(tmp_path):
    """A configuration changed by options is still explained by its file."""
    with pytest.raises(DocumentError, match=r"^options: leaf\.size: Input should be"):
        validate({"kind": "tree", "height": 1, "leaf": {"size": None}}, Tree, "options")
