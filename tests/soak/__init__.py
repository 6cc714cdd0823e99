"""A service under churn for a long time: what grows, and what is never given back."""
