"""Named query → rows → schema, a file per resource."""
