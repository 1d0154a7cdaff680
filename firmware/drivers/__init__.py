"""One file per real thing. A vendor library is imported in exactly one of these files, inside it."""
