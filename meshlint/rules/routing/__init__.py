"""Rules about VirtualServices: where routes lead, and which of them take effect."""
