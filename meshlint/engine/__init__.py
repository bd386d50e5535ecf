"""From rules and meshes to findings: which rules run, what they say, and what is silenced."""
