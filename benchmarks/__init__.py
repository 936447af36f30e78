"""What the README claims about speed and value, re-runnable: one module for each claim."""
