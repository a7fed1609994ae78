"""The one exception that users are meant to see."""


class PersonaeError(Exception):
    """A problem in data, settings or environment that the user can mend."""
