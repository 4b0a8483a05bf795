"""Killed anywhere, again and again: is an accepted alert lost, an effect doubled, anything done that nobody allowed?"""
