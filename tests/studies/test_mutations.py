"""A small sample of the mutation campaign; `benchmarks/mutations.py` runs a thousand files and more."""

from benchmarks.mutations import main


def test_a_changed_file_is_refused_in_a_line_counted_or_equal():
    counts, faults = main(files=70, seed=7)
    assert faults == []
    assert sum(counts.values()) == 70
    assert len({name for name, _ in counts}) == 10
