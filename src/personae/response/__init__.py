"""Response models: honest validation, calibration and a guard against leakage."""
