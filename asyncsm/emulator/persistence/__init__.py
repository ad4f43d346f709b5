"""The state of an emulator outside of its process: as a JSON document, and in an SQLite file."""
