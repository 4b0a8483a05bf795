"""Models behind one port: asked within limits, believed only when the answer holds."""
