"""The tablet's application: what it weighs, how fast it is on a poor tablet, and whether faults lose a record."""
