"""DestinationRules: the hosts and subsets that they are for, and the policies that they set."""
