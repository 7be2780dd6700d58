"""`python -m ops.cli`: the same as `meshline`."""

from ops.cli import main

main()
