"""The far ends of the agent, scripted: real servers on loopback that keep a journal of what reached them."""
