#!/usr/bin/python3
"""The soak, for a few seconds."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import main  # noqa: E402
from soak import soak, start  # noqa: E402

main(start, [("soak", lambda gateway: soak(gateway, 6))])
