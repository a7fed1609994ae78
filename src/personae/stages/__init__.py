"""One thin module a DVC stage: read, call one function, write."""
