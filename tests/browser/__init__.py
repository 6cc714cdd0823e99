"""The pages as people use them: a real browser, real clicks, typed keys."""
