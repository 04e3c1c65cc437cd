"""The prepared texts in the languages other than English, a module each: subject and text by name.

No native speaker has reviewed them; whoever drafts changes them, and a second person reads them.
"""
