"""The page of a letter: answer on top, picture in the middle, proof below; for everybody involved (docs/journey.md)."""
