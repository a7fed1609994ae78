"""Tables with planted truth: the sample data and the truth tests come from here."""
