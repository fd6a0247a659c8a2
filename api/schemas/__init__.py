"""Response models: the wire contract, a file per resource."""
