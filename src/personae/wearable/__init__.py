"""What the minutes of a wearable device say about a day, a night and a person, as Narwhals expressions."""
