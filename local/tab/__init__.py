"""The simulated TAB: a truthful race day over real HTTP."""
