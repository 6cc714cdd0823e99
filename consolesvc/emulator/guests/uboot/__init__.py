"""The `uboot` guest: a boot loader with a countdown and a prompt, and the Linux it loads."""
