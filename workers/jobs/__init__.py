"""One job a file: what is fetched, in which order, and what is written of it."""
