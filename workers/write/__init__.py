"""The one way into the database: COPY into staging, then MERGE, in one transaction."""
