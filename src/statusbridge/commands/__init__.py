"""What a person types: each module reads arguments, asks the rest, prints. No logic."""
