"""One thin module a DVC stage: read, call one function, write."""

from personae.core.command import pin_arithmetic

pin_arithmetic()
