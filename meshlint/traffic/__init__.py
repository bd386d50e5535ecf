"""What a request meets: functions of the mesh, remembered on it."""
