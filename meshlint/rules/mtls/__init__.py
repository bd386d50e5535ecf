"""PeerAuthentications against what can keep them: servers without a proxy, clients without one."""
