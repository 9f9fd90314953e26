"""Band math: text to tree to numbers, with a place in the text for every fault."""
