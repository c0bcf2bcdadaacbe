"""Lets ``python -m matcher.cli`` run the command."""

from __future__ import annotations

from matcher.cli import main

if __name__ == "__main__":
    main()
