"""The node as other programs see it: JSON over HTTP, described by its own OpenAPI document."""
