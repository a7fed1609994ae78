from personae.onboarding.edit import edited


def test_what_is_not_changed_stays_to_the_letter():
    text = "a: null  # why\nb:\n  - 'x'\nlast: [1, 2]\n"
    assert edited(text, lambda content: content.update(c=None)) == text + "c: null\n"
