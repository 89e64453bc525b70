"""LaTeX equations derived from source text, and their numeric check against the code."""
