"""Co-operation among many, planned over a whole run: assignments, consortia, alliances, linkage."""
