"""Console tokens: issued by the Compute API, redeemed at the websocket."""
