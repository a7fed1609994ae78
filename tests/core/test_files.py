import pytest

from personae.core.errors import PersonaeError
from personae.core.files import read_json, replacing, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "report.json"
    write_json(path, {"k": 2})
    with pytest.raises(RuntimeError), replacing(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"k": 2}
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_the_same_bytes_on_every_system(tmp_path):
    write_json(tmp_path / "a.json", {"é": [1.23456789, True]})
    assert (tmp_path / "a.json").read_bytes() == '{\n  "é": [\n    1.23457,\n    true\n  ]\n}\n'.encode()


@pytest.mark.parametrize(("text", "message"), [(None, "no such file"), ("{", "not JSON")])
def test_reading_what_is_not_there_is_one_line(tmp_path, text, message):
    path = tmp_path / "report.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PersonaeError, match=message):
        read_json(path)
