"""The rules of a selling centre (K10), on plain data: no query, no request."""
