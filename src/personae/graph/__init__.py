"""DVC's graph run and its experiments tabulated, both through the command `dvc`."""
