"""What people and machines look at: pictures, the control API, metrics; nothing here trades."""
