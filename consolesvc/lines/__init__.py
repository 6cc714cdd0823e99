"""Lines: one file per kind behind one small seam (base.py); kinds.py is the table of them."""
