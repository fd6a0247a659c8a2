"""The answers every client asks for: built once per change, served from bytes with their age put in."""
