"""The composition root: CLI, node assembly and what a person sees; nothing imports it."""
