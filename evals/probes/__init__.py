"""What becomes of the answers when less is known, or when it is known in other words?

Each probe takes a case's recording and gives another: without its logs, in another naming convention, with the
components of other cases beside its own. The cases' own folders are not touched.
"""
