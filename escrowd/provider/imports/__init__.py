"""Exports of password managers, one format a file. ``read_export`` recognises them by their content."""
