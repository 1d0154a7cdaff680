"""The same moment drawn in two fidelities: fast (OpenGL) and fine (path traced)."""
