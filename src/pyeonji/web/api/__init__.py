"""The HTTP API /api/v1 (docs/api.md): stories into JSON, JSON into drafts; it has no mail rules of its own."""
