"""AuthorizationPolicies: who is let in."""
