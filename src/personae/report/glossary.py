"""Words of the evidence in plain terms, each with its source; for pages and documentation."""

# Word, meaning, source.
GLOSSARY = (
    (
        "adjusted Rand index",
        "agreement of two segmentations beyond chance; 1 is the same",
        "Hubert and Arabie 1985",
    ),
    (
        "average precision",
        "mean share of responders from the top of the list on; its baseline is the response rate",
        "Davis and Goadrich 2006",
    ),
    (
        "beta-binomial",
        "rates of groups drawn to the mean of all, a small group's more than a large one's",
        "Efron and Morris 1975",
    ),
    (
        "bootstrap Jaccard",
        "share of a segment found again when customers are drawn anew; stable from 0.75",
        "Hennig 2007",
    ),
    (
        "calibration, ECE",
        "whether of those given 20 % about 20 % respond",
        "Guo et al. 2017",
    ),
    (
        "corrected interval",
        "widened for training rows that folds share",
        "Nadeau and Bengio 2003",
    ),
    (
        "dip",
        "whether a line through two segments has one hump or two",
        "Hartigan and Hartigan 1985",
    ),
    (
        "effect size",
        "size of a difference: Cliff's delta and Cramér's V go to 1, Cohen's d is in standard deviations",
        "Cohen 1988",
    ),
    (
        "equivalence",
        'shown to differ by less than a margin; not the same as "no difference found"',
        "Schuirmann 1987",
    ),
    (
        "Holm",
        "p values corrected for how many tests were made",
        "Holm 1979",
    ),
    (
        "impute",
        "fill a missing value in from the other columns",
        "",
    ),
    (
        "interdaily stability",
        "likeness of one day to the next, hour by hour, 0 to 1",
        "Witting et al. 1990",
    ),
    (
        "intradaily variability",
        "changes between rest and activity within a day; near 0 for a smooth day, near 2 for noise",
        "Witting et al. 1990",
    ),
    (
        "lift",
        "how many times as often two products share a basket as if they were independent",
        "Brin et al. 1997",
    ),
    (
        "nested folds",
        "the choice among models is made inside the training part, too",
        "Varma and Simon 2006",
    ),
    (
        "net benefit",
        "responders reached less those contacted in vain, at the odds of the threshold",
        "Vickers and Elkin 2006",
    ),
    (
        "null distribution, p",
        "the same figure on data made without segments; p is the share that looks as good",
        "Phipson and Smyth 2010",
    ),
    (
        "out of fold",
        "predicted by a model that had not seen the customer",
        "Stone 1974",
    ),
    (
        "prediction strength",
        "whether segments of one half sort the other half's customers alike",
        "Tibshirani and Walther 2005",
    ),
    (
        "robust z",
        "distance from the median in robust deviations (1.48 times the median distance)",
        "Iglewicz and Hoaglin 1993",
    ),
    (
        "ROC AUC",
        "how often one who responded is ranked above one who did not; 0.5 is guessing",
        "Hanley and McNeil 1982",
    ),
    (
        "R²",
        "share of the variance explained; below 0 is worse than the mean",
        "",
    ),
    (
        "SHAP",
        "how much each column moved one prediction",
        "Lundberg and Lee 2017",
    ),
    (
        "silhouette",
        "how much nearer a customer is to the own segment than to the next one, -1 to 1",
        "Rousseeuw 1987",
    ),
    (
        "support, confidence",
        "share of baskets with both sides of a rule; of those with the first side, share with the second",
        "Agrawal et al. 1993",
    ),
    (
        "uplift, Qini",
        "response caused by the contact, and how well it is ranked",
        "Radcliffe 2007",
    ),
)


def as_markdown() -> str:
    """Write the words as a Markdown table."""
    lines = [f"| {word} | {meaning} | {source} |" for word, meaning, source in GLOSSARY]
    return "\n".join(["| word | plain meaning | source |", "|---|---|---|", *lines])
