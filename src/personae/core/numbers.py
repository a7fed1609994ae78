"""Numbers as text, for pages, tables and pictures."""

import math

MINUS = "−"


def rounded(value: float, digits: int = 3, *, plain: bool = False) -> str:
    """Round to significant digits, whole numbers in full, thousands apart.

    Parameters
    ----------
    value
        A finite figure.
    digits
        Significant digits; those before the decimal point are never cut.
    plain
        An ASCII minus and no zeros at the end, for Markdown and the terminal.

    Examples
    --------
    >>> rounded(0.231456), rounded(-3046), rounded(12345.6), rounded(1e-7), rounded(2.0)
    ('0.231', '−3,046', '12,346', '1e−07', '2')
    >>> rounded(0.5), rounded(0.5, plain=True), rounded(-64_940.3, plain=True)
    ('0.500', '0.5', '-64,940')
    """
    if value == 0 or abs(value) >= 10 ** (digits - 1) or float(value).is_integer():
        text = f"{value:,.0f}"
    elif plain:
        text = f"{value:.{digits}g}"
    elif abs(value) < 1e-4:
        text = f"{value:.{digits - 1}g}"
    else:
        text = f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text if plain else text.replace("-", MINUS)


def percent(value: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.1234), percent(0.004), percent(1 + 2e-16), percent(0.9996)
    ('12.3 %', '0.4 %', '100 %', '99.96 %')
    """
    # Ticks of an axis are sums of steps: 1.0000000000000002 is all.
    share = round(100 * value, 9)
    for places in (1, 2, 3):
        text = f"{share:.{places}f}"
        # Nearly all is not all, and nearly none is not none.
        if (float(text) not in (0, 100)) or share in (0, 100):
            break
    return f"{text.removesuffix('.0')} %".replace("-", MINUS)


def fixed(value: float, places: int) -> str:
    """Write a number with fixed decimals; zero has no sign.

    Examples
    --------
    >>> fixed(-0.00364, 2), fixed(-0.4567, 2), fixed(12345.6, 1)
    ('0.00', '−0.46', '12,345.6')
    """
    return f"{round(value, places) + 0.0:,.{places}f}".replace("-", MINUS)


def money(value: float) -> str:
    """Write an amount of money: below 10 with cents, else without.

    Examples
    --------
    >>> money(403.2), money(-1752), money(0.5), money(3.0), money(0)
    ('403', '−1,752', '0.50', '3', '0')
    """
    return fixed(value, 0 if abs(value) >= 10 or float(value).is_integer() else 2)


def p_value(value: float) -> str:
    """Write a p value.

    Examples
    --------
    >>> p_value(0.0321), p_value(0.00001)
    ('0.032', '< 0.001')
    """
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
