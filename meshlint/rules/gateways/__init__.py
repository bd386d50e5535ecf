"""Gateways: the servers that they open, and the pods and routes behind them."""
