"""Secrets in texts that are written or sent."""

import pytest

from seg_common.redaction import without_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OSError: https://user:s3cret@host/x?token=abc", "OSError: https://…"),
        ("--set=name=ntfys://s3cret@host", "--set=name=ntfys://…"),
        ("two: json://a/b and tgram://c", "two: json://… and tgram://…"),
        ("no address: C:/data, 3 // 2, note: //", "no address: C:/data, 3 // 2, note: //"),
    ],
)
def test_of_an_address_only_the_scheme_is_left(text, expected):
    """Passwords stand in the name, the path or the query of an address: all of it goes."""
    assert without_secrets(text) == expected


def test_values_of_variables_that_sound_secret_are_blotted_out(monkeypatch):
    """A key without an address around it is known by its variable; short words are left, or texts would be full of dots."""
    monkeypatch.setenv("WANDB_API_KEY", "0123456789abcdef")
    monkeypatch.setenv("SOME_TOKEN", "true")
    monkeypatch.setenv("HARMLESS", "gradient")
    assert without_secrets("refused 0123456789abcdef: true gradient") == "refused …: true gradient"
