"""What watches a console's stream: it recognises boots, prompts, crashes and silence (DESIGN section 3)."""
