"""Values in, values out: what is computed from an answer before it is stored."""
