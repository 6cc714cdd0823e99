"""The `linux` guest and its parts: kernel, files, login, shell, commands."""
