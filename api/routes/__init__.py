"""GET only: parse the request, call read, return; a file per resource."""
