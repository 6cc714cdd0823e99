"""Moving in: the configurations of other console servers, read as their own programs read them, and written as ours.

    text -> their words and blocks -> Moved: servers as our keys, and notes on what has none -> our YAML

Nothing is left out without a note that says where it stood and what there is here in its place.
"""
