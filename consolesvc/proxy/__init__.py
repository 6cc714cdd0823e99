"""The websocket: gate, redeem, find, pump."""
