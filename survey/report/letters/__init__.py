"""What the office prints for units that answer for themselves: letters with their codes, a register, address labels."""
