"""The whole on one machine; production installs without it."""
