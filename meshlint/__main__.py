"""`python -m meshlint`."""

from __future__ import annotations

from meshlint.cli import main

if __name__ == "__main__":
    main()
