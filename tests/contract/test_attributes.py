"""Promises about a clone: the same bytes wherever it is made, for DVC's hashes rest on them."""

import subprocess


def test_git_changes_the_line_ends_of_no_file():
    listed = subprocess.run(
        ["git", "ls-files", "--eol"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    kept = [line for line in listed if "attr/text eol=lf" in line or "attr/-text" in line]
    assert set(listed) - set(kept) == set()
    mixed = [line for line in kept if "attr/-text" not in line and line.split()[0] in ("i/crlf", "i/mixed")]
    assert mixed == []
