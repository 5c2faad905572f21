"""Settings from one TOML profile per environment, as frozen structs; no adapter, no strategy."""
