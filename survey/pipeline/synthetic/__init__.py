"""A made-up round on the real places: population with known truth, frames, answers. Never mistaken for data: all of it
is marked synthetic, and the seed decides every byte."""
